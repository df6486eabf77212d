//! How many symbols take part in the market's move.

use schema::{
    Figure, MarketBreadth, Pct, SignalRow, UnixMs, Venue, Why,
    breadth::{Advance, Mood},
};

use super::{Member, enough};
use crate::measure::count;

/// Advancers against decliners over 24 h and 1 h, shares above means, new highs and lows, and the word for it.
///
/// Shares, ratios and the word need as many contracts as [`enough`] says; counts are what they are.
#[must_use]
pub fn breadth(source: Venue, members: &[Member<'_>], as_of: UnixMs) -> MarketBreadth {
    let universe = count(members.len());
    let day = members.iter().filter_map(|member| member.row.quote.change_24h.value().copied());
    let day = advance(day, universe, as_of);
    let hour = advance(members.iter().filter_map(|member| member.change_1h), universe, as_of);
    let at = |extreme: fn(&SignalRow) -> &Figure<schema::Price>| {
        count(members.iter().filter(|member| extreme(member.row).value() == Some(&member.row.quote.price)).count())
    };
    MarketBreadth {
        source,
        universe,
        mood: match &day.percent_advancing {
            Figure::Known { value, as_of } => Figure::known(mood(*value), *as_of),
            Figure::Missing(why) => Figure::Missing(why.clone()),
        },
        day,
        hour,
        above_ma20: share(members.iter().filter_map(|member| member.above_ma20), universe, as_of),
        above_ma50: share(members.iter().filter_map(|member| member.above_ma50), universe, as_of),
        new_highs: at(|row| &row.quote.high_24h),
        new_lows: at(|row| &row.quote.low_24h),
    }
}

fn advance(changes: impl Iterator<Item = Pct>, universe: u32, as_of: UnixMs) -> Advance {
    let [mut advancers, mut decliners, mut unchanged] = [0_u32; 3];
    for change in changes {
        if change.get() > 0.0 {
            advancers += 1;
        } else if change.get() < 0.0 {
            decliners += 1;
        } else {
            unchanged += 1;
        }
    }
    let (up, down) = (f64::from(advancers), f64::from(decliners));
    let known = enough(advancers + decliners + unchanged, universe);
    let nothing = || known.clone().err().unwrap_or(Why::Undefined);
    let ratio = up / down;
    Advance {
        advancers,
        decliners,
        unchanged,
        percent_advancing: Pct::new(100.0 * up / (up + down))
            .ok()
            .filter(|_| known.is_ok())
            .map_or_else(|| Figure::Missing(nothing()), |share| Figure::known(share, as_of)),
        ad_ratio: if ratio.is_finite() && known.is_ok() {
            Figure::known(ratio, as_of)
        } else {
            Figure::Missing(nothing())
        },
    }
}

fn share(answers: impl Iterator<Item = bool>, universe: u32, as_of: UnixMs) -> Figure<Pct> {
    let (yes, all) = answers.fold((0_u32, 0_u32), |(yes, all), answer| (yes + u32::from(answer), all + 1));
    match enough(all, universe) {
        Ok(()) => Pct::new(100.0 * f64::from(yes) / f64::from(all))
            .map_or(Figure::Missing(Why::NotYet), |share| Figure::known(share, as_of)),
        Err(why) => Figure::Missing(why),
    }
}

fn mood(percent_advancing: Pct) -> Mood {
    if percent_advancing.get() >= 60.0 {
        Mood::Bullish
    } else if percent_advancing.get() <= 40.0 {
        Mood::Bearish
    } else {
        Mood::Neutral
    }
}

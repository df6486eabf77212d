//! How many symbols take part in the market's move.

use schema::{
    Figure, MarketBreadth, Pct, SignalRow, UnixMs, Venue, Why,
    breadth::{Advance, Mood},
};

use super::Member;
use crate::measure::count;

/// Advancers against decliners over 24 h and 1 h, shares above means, new highs and lows, and the word for it.
#[must_use]
pub fn breadth(source: Venue, members: &[Member<'_>], as_of: UnixMs) -> MarketBreadth {
    let day = advance(members.iter().filter_map(|member| member.row.quote.change_24h.value().copied()), as_of);
    let hour = advance(members.iter().filter_map(|member| member.change_1h), as_of);
    let at = |extreme: fn(&SignalRow) -> &Figure<schema::Price>| {
        count(members.iter().filter(|member| extreme(member.row).value() == Some(&member.row.quote.price)).count())
    };
    MarketBreadth {
        source,
        universe: count(members.len()),
        mood: match &day.percent_advancing {
            Figure::Known { value, as_of } => Figure::known(mood(*value), *as_of),
            Figure::Missing(why) => Figure::Missing(why.clone()),
        },
        day,
        hour,
        above_ma20: share(members.iter().filter_map(|member| member.above_ma20), as_of),
        above_ma50: share(members.iter().filter_map(|member| member.above_ma50), as_of),
        new_highs: at(|row| &row.quote.high_24h),
        new_lows: at(|row| &row.quote.low_24h),
    }
}

fn advance(changes: impl Iterator<Item = Pct>, as_of: UnixMs) -> Advance {
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
    let nothing = || if advancers + decliners + unchanged == 0 { Why::NotYet } else { Why::Undefined };
    let ratio = up / down;
    Advance {
        advancers,
        decliners,
        unchanged,
        percent_advancing: Pct::new(100.0 * up / (up + down))
            .map_or_else(|_| Figure::Missing(nothing()), |share| Figure::known(share, as_of)),
        ad_ratio: if ratio.is_finite() { Figure::known(ratio, as_of) } else { Figure::Missing(nothing()) },
    }
}

fn share(answers: impl Iterator<Item = bool>, as_of: UnixMs) -> Figure<Pct> {
    let (yes, all) = answers.fold((0_u32, 0_u32), |(yes, all), answer| (yes + u32::from(answer), all + 1));
    Pct::new(100.0 * f64::from(yes) / f64::from(all))
        .map_or(Figure::Missing(Why::NotYet), |share| Figure::known(share, as_of))
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

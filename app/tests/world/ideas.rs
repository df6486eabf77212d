//! Ideas made up for tests.

use schema::{
    Bps, Costs, Dimension, Net, Points, Price, Ratio, Timeframe, UnixMs,
    ideas::{EndedIdea, EntryPrice, Idea, IdeaSide, Outcome, Reason, Running, Shift, Target, worth},
    unit::RMultiple,
};

use super::{NOW, known, price, score, symbol};

pub fn points(value: f64) -> Points {
    Points::new(value).unwrap()
}

fn ratio(value: f64) -> Ratio {
    Ratio::new(value).unwrap()
}

pub fn ago(minutes: i64) -> UnixMs {
    UnixMs(NOW.0 - minutes * 60_000)
}

fn running(entry: Price, stop: Price, at: f64) -> Running {
    Running { price: price(at), r: worth(entry, stop, at).unwrap() }
}

/// What is left after a fee, a spread and funding, in bps.
pub fn net(fee: f64, spread: f64, funding: f64, r: f64) -> Net {
    let bps = |value: f64| known(Bps::new(value).unwrap());
    Net {
        costs: Costs { fee: bps(fee), spread: bps(spread), funding: bps(funding) },
        r: known(RMultiple::new(r).unwrap()),
    }
}

/// Short from 91,234.5 with 250 at risk, worth +1 R.
pub fn short() -> Idea {
    let (entry, stop) = (price(91_234.5), price(91_484.5));
    let target = |r: f64, at: f64, reached_at| Target { r: RMultiple::new(r).unwrap(), price: price(at), reached_at };
    Idea {
        symbol: symbol("BTCUSDT"),
        tick: price(0.1),
        side: IdeaSide::Short,
        bar_closed_at: ago(12),
        decided_at: UnixMs(ago(12).0 + 1_000),
        opened_at: ago(12),
        entry,
        entry_price: EntryPrice::Trade,
        stop,
        targets: vec![target(1.5, 90_859.5, Some(ago(3))), target(2.5, 90_609.5, None), target(4.0, 90_234.5, None)],
        expires_at: UnixMs(NOW.0 + 7 * 3_600_000 + 12 * 60_000),
        score: score(28.5),
        score_before: Some(score(33.25)),
        agreement: ratio(0.625),
        coverage: ratio(0.875),
        quality: ratio(0.75),
        reasons: vec![Reason {
            dimension: Dimension::Technical,
            label: "RSI (14)".into(),
            unit: "".into(),
            timeframe: Some(Timeframe::M30),
            raw: 36.5,
            contribution: points(-10.0),
        }],
        shifts: vec![Shift { dimension: Dimension::Orderflow, points: points(-3.5) }],
        running: known(running(entry, stop, 90_984.5)),
        net: net(11.0, 0.5, 2.75, 0.68),
    }
}

pub fn stopped() -> EndedIdea {
    let (entry, stop) = (price(3_000.0), price(2_990.0));
    EndedIdea {
        symbol: symbol("ETHUSDT"),
        tick: price(0.01),
        side: IdeaSide::Long,
        bar_closed_at: ago(50),
        decided_at: UnixMs(ago(50).0 + 1_000),
        opened_at: ago(50),
        entry,
        entry_price: EntryPrice::Trade,
        stop,
        score: score(71.5),
        ended_at: ago(20),
        outcome: Outcome::Stopped,
        targets_reached: 1,
        exit: Some(running(entry, stop, 2_990.0)),
        net: Some(net(11.0, 1.0, -1.0, -1.39)),
    }
}

//! What holds for every simulated market, checked without sockets.

use std::collections::{BTreeMap, HashMap};

use schema::UnixMs;
use serde_json::{Map, Value};

use super::{
    book,
    candle::{Bar, HOUR, MINUTE, Span},
    contract::Contract,
    fill::TRADES,
    frames,
    market::{Market, TICK_MS},
};

/// 2026-11-20 09:13:07.300 UTC: not on the border of anything.
pub(super) const START: UnixMs = UnixMs(1_795_165_987_300);

pub(super) fn later(ms: i64) -> UnixMs {
    UnixMs(START.0 + ms)
}

/// Returns every frame of a market until `now`.
pub(super) fn frames_until(market: &mut Market, now: UnixMs) -> Vec<String> {
    let mut frames = Vec::new();
    market.step(now, |at, _, contract, changes| {
        frames.push(frames::trades(contract, &changes.trades, at));
        frames.push(frames::book_delta(contract, &changes.book, at));
        if let Some(was) = &changes.ticker_was {
            frames.push(frames::ticker_delta(contract, was, at));
        }
    });
    frames
}

#[test]
fn the_same_seed_and_start_make_the_same_market_however_it_is_stepped() {
    let mut one = Market::invented(7, 6, START);
    let mut other = Market::invented(7, 6, START);
    let mut stranger = Market::invented(8, 6, START);
    let at_once = frames_until(&mut one, later(20_000));
    let mut bit_by_bit = Vec::new();
    for ms in (0..=20_000).step_by(333).chain([20_000]) {
        bit_by_bit.extend(frames_until(&mut other, later(ms)));
    }
    assert_eq!(at_once, bit_by_bit);
    assert!(at_once.len() > 2_400);
    assert_ne!(at_once, frames_until(&mut stranger, later(20_000)));
    for (a, b) in one.contracts().iter().zip(other.contracts()) {
        assert_eq!(a.candles().of(Span::H4).closed(), b.candles().of(Span::H4).closed());
        assert_eq!(a.positions().funding_history(), b.positions().funding_history());
    }
}

#[test]
fn a_market_opens_with_its_whole_history() {
    let market = Market::invented(1, 30, START);
    assert_eq!(market.now().0, START.0);
    for contract in market.contracts() {
        let name = contract.listing().symbol;
        for span in Span::ALL {
            let series = contract.candles().of(span);
            assert_eq!(series.closed().len(), span.capacity(), "{name} {span:?}");
            assert_eq!(series.running().start, START.0.div_euclid(span.ms()) * span.ms());
            let bars: Vec<&Bar> = series.closed().iter().chain([series.running()]).collect();
            for pair in bars.windows(2) {
                assert_eq!(pair[1].start - pair[0].start, span.ms());
                assert_eq!(pair[1].open, pair[0].close);
            }
            for bar in bars {
                assert!(bar.low <= bar.open.min(bar.close) && bar.open.max(bar.close) <= bar.high);
                let value = |price: i64| i128::from(price) * i128::from(bar.lots);
                assert!((value(bar.low)..=value(bar.high)).contains(&bar.value), "{name} {bar:?}");
            }
        }
        let positions = contract.positions();
        assert_eq!((positions.open_history().len(), positions.long_history().len()), (288, 288));
        let month = usize::try_from(30 * 24 / i64::from(contract.listing().funding_hours)).unwrap();
        assert!(positions.funding_history().len() >= month);
        assert!(positions.next_funding() > START.0);
        assert_eq!(contract.trades().len(), TRADES, "{name} answers late askers as a venue does");
        assert!(contract.trades().iter().is_sorted_by_key(|fill| (fill.at, fill.sequence)), "{name}");
        let ratio = contract.ticker().last as f64 * contract.listing().tick.value() / contract.listing().price;
        assert!((0.2..5.0).contains(&ratio), "{name} is at {ratio} of its catalogue price");
    }
}

fn sum_up(parts: &[&Bar]) -> Bar {
    Bar {
        start: parts[0].start,
        open: parts[0].open,
        high: parts.iter().map(|bar| bar.high).max().unwrap(),
        low: parts.iter().map(|bar| bar.low).min().unwrap(),
        close: parts[parts.len() - 1].close,
        lots: parts.iter().map(|bar| bar.lots).sum(),
        value: parts.iter().map(|bar| bar.value).sum(),
    }
}

/// How many candles of a longer span the kept minutes cover; each must be their exact sum.
fn check_sums(contract: &Contract, span: Span) -> usize {
    let minutes = contract.candles().of(Span::M1).closed();
    let count = usize::try_from(span.ms() / MINUTE).unwrap();
    let mut checked = 0;
    for bar in contract.candles().of(span).closed() {
        let parts: Vec<&Bar> =
            minutes.iter().filter(|part| (bar.start..bar.start + span.ms()).contains(&part.start)).collect();
        if parts.len() == count {
            assert_eq!(*bar, sum_up(&parts), "{} {span:?}", contract.listing().symbol);
            checked += 1;
        }
    }
    checked
}

#[test]
fn longer_candles_are_the_exact_sums_of_minutes_in_history_and_live() {
    let mut market = Market::invented(3, 4, START);
    let check = |market: &Market| {
        for contract in market.contracts() {
            assert!(check_sums(contract, Span::M5) >= 198);
            assert!(check_sums(contract, Span::M30) >= 32);
            assert!(check_sums(contract, Span::H4) >= 3);
        }
    };
    check(&market);
    for minute in 1..=20 {
        market.step(later(minute * MINUTE), |_, _, _, _| {});
    }
    check(&market);
}

#[test]
fn a_live_candle_is_made_of_its_trades_and_of_nothing_else() {
    let mut market = Market::invented(5, 10, START);
    let mut trades: HashMap<(usize, i64), Vec<(i64, i64)>> = HashMap::new();
    let mut closed = Vec::new();
    market.step(later(110_000), |_, _, _, _| {});
    for second in 111..=360 {
        market.step(later(second * 1_000), |at, place, contract, changes| {
            let mut last = at - TICK_MS;
            for fill in &changes.trades {
                assert!((last..at).contains(&fill.at), "trades are in order and of their tick");
                last = fill.at;
                let minute = fill.at.div_euclid(MINUTE) * MINUTE;
                trades.entry((place, minute)).or_default().push((fill.price, fill.lots));
                assert_eq!(contract.trades().back().map(|latest| latest.sequence >= fill.sequence), Some(true));
            }
            closed.extend(changes.closed[0].map(|bar| (place, bar)));
        });
    }
    let whole: Vec<_> = closed.iter().filter(|(_, bar)| bar.start >= START.0 + 110_000).collect();
    assert!(whole.len() >= 30, "{}", whole.len());
    let mut traded = 0;
    for (place, bar) in whole {
        let mut made = Bar::flat(bar.start, bar.open);
        for &(price, lots) in trades.get(&(*place, bar.start)).into_iter().flatten() {
            made.trade(price, lots);
            traded += 1;
        }
        assert_eq!(made, *bar);
    }
    assert!(traded > 500, "{traded}");
}

/// A book as a client holds it.
#[derive(Default)]
struct Held {
    bids: BTreeMap<String, String>,
    asks: BTreeMap<String, String>,
    update: u64,
}

impl Held {
    fn apply(&mut self, frame: &str) {
        let frame: Value = serde_json::from_str(frame).unwrap();
        let update = frame["data"]["u"].as_u64().unwrap();
        if frame["type"] == "delta" {
            assert_eq!(update, self.update + 1, "no update is left out");
        }
        self.update = update;
        for (side, held) in [("b", &mut self.bids), ("a", &mut self.asks)] {
            for level in frame["data"][side].as_array().unwrap() {
                let (price, size) = (level[0].as_str().unwrap(), level[1].as_str().unwrap());
                if size.parse::<f64>().unwrap() == 0.0 {
                    held.remove(price);
                } else {
                    held.insert(price.to_owned(), size.to_owned());
                }
            }
        }
    }
}

#[test]
fn a_book_kept_from_deltas_is_the_markets_own_and_trades_happen_at_its_best_prices() {
    let mut market = Market::invented(2, 12, START);
    let mut held: Vec<Held> = market
        .contracts()
        .iter()
        .map(|contract| {
            let mut held = Held::default();
            held.apply(&frames::book_snapshot(contract, 0));
            held
        })
        .collect();
    let mut best: Vec<(i64, i64)> =
        market.contracts().iter().map(|one| (one.book().bid().price, one.book().ask().price)).collect();
    let mut trades = 0;
    market.step(later(100_000), |at, place, contract, changes| {
        let (bids, asks) = (contract.book().bids(), contract.book().asks());
        assert!(bids[0].price < asks[0].price, "crossed");
        assert_eq!((bids.len(), asks.len()), (book::DEPTH, book::DEPTH));
        if let Some(first) = changes.trades.first() {
            let (bid, ask) = best[place];
            assert_eq!(first.price, if first.buy { ask } else { bid });
            trades += 1;
        }
        best[place] = (bids[0].price, asks[0].price);
        if !changes.book.is_empty() {
            held[place].apply(&frames::book_delta(contract, &changes.book, at));
        }
    });
    assert!(trades > 500, "{trades}");
    for (contract, held) in market.contracts().iter().zip(held) {
        let mut fresh = Held::default();
        fresh.apply(&frames::book_snapshot(contract, 0));
        assert!(held.update > 1_000 && held.update == fresh.update);
        assert_eq!((held.bids, held.asks), (fresh.bids, fresh.asks));
    }
}

fn data(frame: &str) -> Map<String, Value> {
    let frame: Value = serde_json::from_str(frame).unwrap();
    frame["data"].as_object().unwrap().clone()
}

#[test]
fn ticker_deltas_merge_to_the_whole_ticker() {
    let mut market = Market::invented(4, 4, START);
    let mut merged: Vec<_> =
        market.contracts().iter().map(|contract| data(&frames::ticker_snapshot(contract, 0))).collect();
    let (mut deltas, mut fields) = (0, 0);
    for minute in 1..=6 {
        market.step(later(minute * MINUTE), |at, place, contract, changes| {
            if let Some(was) = &changes.ticker_was {
                let delta = data(&frames::ticker_delta(contract, was, at));
                assert!(delta.len() > 1, "a delta says something");
                assert_eq!(delta.contains_key("bid1Price"), delta.contains_key("bid1Size"));
                deltas += 1;
                fields += delta.len();
                merged[place].extend(delta);
                assert_eq!(merged[place], data(&frames::ticker_snapshot(contract, at)));
            }
        });
    }
    assert!(deltas > 2_000, "{deltas}");
    assert!(fields / deltas < 15, "deltas are small: {fields} fields in {deltas}");
}

#[test]
fn flow_goes_with_the_price_and_coins_go_with_bitcoin() {
    let mut market = Market::invented(11, 8, START);
    let count = market.contracts().len();
    let (mut flows, mut changes_of) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    let mut flow = vec![0.0; count];
    for minute in 1..=45 {
        market.step(later(minute * MINUTE), |_, place, _, changes| {
            for fill in &changes.trades {
                flow[place] += if fill.buy { 1.0 } else { -1.0 };
            }
            if let Some(bar) = &changes.closed[0] {
                flows[place].push(std::mem::take(&mut flow[place]));
                changes_of[place].push((bar.close as f64 / bar.open as f64).ln());
            }
        });
    }
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let with_flow = mean((0..count).map(|place| correlation(&flows[place], &changes_of[place])).collect());
    assert!(with_flow > 0.2, "taker flow and price: {with_flow}");
    let with_bitcoin = mean((1..count).map(|place| correlation(&changes_of[0], &changes_of[place])).collect());
    assert!((0.1..0.95).contains(&with_bitcoin), "bitcoin and the others: {with_bitcoin}");
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let mean = |values: &[f64]| values[..n].iter().sum::<f64>() / n as f64;
    let (ma, mb) = (mean(a), mean(b));
    let (mut cross, mut va, mut vb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        cross += (x - ma) * (y - mb);
        va += (x - ma).powi(2);
        vb += (y - mb).powi(2);
    }
    cross / (va * vb).sqrt()
}

#[test]
fn a_market_that_slept_catches_up_with_every_candle() {
    let mut market = Market::invented(6, 5, START);
    let mut steps = 0;
    market.step(later(9 * HOUR), |_, _, _, _| steps += 1);
    assert!(steps < 5 * (9 * 60 + 1_300), "{steps} steps: by the minute, and only the end by tenths of a second");
    assert_eq!(market.now().0, START.0 + 9 * HOUR);
    for contract in market.contracts() {
        for span in Span::ALL {
            let series = contract.candles().of(span);
            assert_eq!(series.running().start, market.now().0.div_euclid(span.ms()) * span.ms());
            let starts: Vec<i64> = series.closed().iter().map(|bar| bar.start).collect();
            assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == span.ms()));
        }
        let night = contract.candles().of(Span::M1).closed().iter().rev().take(500);
        assert!(night.filter(|bar| bar.lots > 0).count() > 450, "it traded through the night");
        check_sums(contract, Span::M30);
    }
}

#[test]
fn a_quickened_market_says_more_and_trades_as_much() {
    let counted = |times| {
        let mut market = Market::invented(7, 6, START);
        market.quicken(times);
        let (mut fills, mut value, mut books) = (0, 0.0, 0);
        market.step(later(120_000), |_, _, contract, changes| {
            let unit = contract.listing().tick.value() * contract.listing().lot.value();
            fills += changes.trades.len();
            books += usize::from(!changes.book.is_empty());
            value += changes.trades.iter().map(|fill| fill.price as f64 * fill.lots as f64 * unit).sum::<f64>();
        });
        (fills as f64, value, books as f64)
    };
    let (usual, quick) = (counted(1), counted(4));
    assert!((quick.0 / usual.0 - 4.0).abs() < 0.8, "{} of {} trades", quick.0, usual.0);
    assert!((quick.1 / usual.1 - 1.0).abs() < 0.3, "{} of {} USD", quick.1, usual.1);
    assert!(quick.2 > 1.2 * usual.2, "{} of {} changes of books", quick.2, usual.2);
}

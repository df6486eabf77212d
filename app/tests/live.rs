//! How messages of the stream change what is on screen.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::live::{Content, List, Opened, Store, Taken};
use leptos::prelude::*;
use schema::{
    Figure, Held, Signals, Stamp, SymbolLive, UnixMs,
    page::Frame,
    reading::Found,
    stream::{FrameMessage, ListMessage, SignalsDelta, SymbolMessage},
};
use world::{NOW, breakdown, frame, headline, held, known, overview, price, row, score, signals, symbol, young_row};

fn at<T>(held: Held<T>, epoch: u64, seq: u64) -> Held<T> {
    Held { stamp: Stamp { epoch, seq }, ..held }
}

fn list(rows: usize, whole: bool) -> (List, RwSignal<Found<Signals>>) {
    let signals = RwSignal::new(Ok(at(held(signals((0..rows).map(row).collect()), 1), 5, 10)));
    (List { signals, whole: RwSignal::new(whole) }, signals)
}

fn run(test: impl FnOnce()) {
    Owner::new().with(test);
}

#[test]
fn a_newer_value_is_taken_and_an_older_one_is_not() {
    run(|| {
        let store = Store::new(&frame());
        store.headline.set(Ok(at(headline(&overview(), 1), 5, 10)));
        let mut changed = overview();
        changed.gainers = 42;
        let newer = FrameMessage::Headline(at(headline(&changed, 0), 5, 11));
        assert_eq!(store.take(newer.clone()), Taken::Applied);
        assert_eq!(store.headline.get_untracked().unwrap().value.gainers, 42);
        assert_eq!(store.take(newer), Taken::Ignored, "the same again");
        assert_eq!(store.take(FrameMessage::Headline(at(headline(&overview(), 0), 5, 9))), Taken::Ignored);
        assert_eq!(store.headline.get_untracked().unwrap().value.gainers, 42);
    });
}

#[test]
fn a_restarted_writer_wins_whatever_its_count() {
    run(|| {
        let store = Store::new(&frame());
        store.headline.set(Ok(at(headline(&overview(), 1), 5, 10_000)));
        assert_eq!(store.take(FrameMessage::Headline(at(headline(&overview(), 0), 6, 1))), Taken::Applied);
    });
}

#[test]
fn a_delta_changes_the_rows_it_names() {
    run(|| {
        let (list, shown) = list(3, true);
        let old = shown.get_untracked().unwrap();
        let mut rows = old.value.rows.clone();
        rows[0].quote.price = price(91_300.0);
        rows[1].score = known(score(50.45));
        rows.remove(2);
        rows.push(young_row());
        let new = at(held(signals(rows), 0), 5, 11);
        assert_eq!(list.take(ListMessage::SignalsDelta(SignalsDelta::between(&old, &new))), Taken::Applied);
        assert_eq!(shown.get_untracked().unwrap().value, new.value);
    });
}

#[test]
fn a_delta_to_another_value_asks_for_a_whole_one() {
    run(|| {
        let (list, shown) = list(3, true);
        let (base, new) = (at(held(signals(vec![row(0)]), 0), 5, 12), at(held(signals(vec![row(0)]), 0), 5, 13));
        let delta = ListMessage::SignalsDelta(SignalsDelta::between(&base, &new));
        assert_eq!(list.take(delta.clone()), Taken::Gap);
        assert_eq!(shown.get_untracked().unwrap().stamp.seq, 10, "what is on screen stays");
        shown.set(Err(schema::Absence::NeverWritten));
        assert_eq!(list.take(delta), Taken::Gap);
    });
}

#[test]
fn a_delta_already_on_screen_is_ignored() {
    run(|| {
        let (list, _) = list(1, true);
        let (base, new) = (at(held(signals(vec![row(0)]), 0), 5, 8), at(held(signals(vec![row(0)]), 0), 5, 9));
        let delta = ListMessage::SignalsDelta(SignalsDelta::between(&base, &new));
        assert_eq!(list.take(delta), Taken::Ignored);
    });
}

#[test]
fn the_rows_of_a_page_wait_for_the_whole_list() {
    run(|| {
        let (list, shown) = list(2, false);
        let old = shown.get_untracked().unwrap();
        let delta = SignalsDelta::between(&old, &at(held(signals(vec![row(0)]), 0), 5, 11));
        assert_eq!(list.take(ListMessage::SignalsDelta(delta)), Taken::Ignored);
        // The very write the page was made of, now whole.
        let whole = at(held(signals((0..60).map(row).collect()), 1), 5, 10);
        assert_eq!(list.take(ListMessage::Signals(whole)), Taken::Applied);
        assert!(list.whole.get_untracked());
        assert_eq!(shown.get_untracked().unwrap().value.rows.len(), 60);
    });
}

#[test]
fn the_score_of_another_symbol_is_ignored() {
    run(|| {
        let breakdown_of_another = at(held(breakdown(), 0), 9, 9);
        let opened = Opened { symbol: symbol("ETHUSDT"), breakdown: RwSignal::new(Ok(held(breakdown(), 1))) };
        assert_eq!(opened.take(SymbolMessage::Breakdown(breakdown_of_another)), Taken::Ignored);
    });
}

#[test]
fn the_live_part_of_an_open_symbol_changes_its_prices_and_its_age_alone() {
    run(|| {
        let old = held(breakdown(), 9);
        let opened = Opened { symbol: old.value.row.symbol, breakdown: RwSignal::new(Ok(old.clone())) };
        let newer = SymbolLive { as_of: UnixMs(old.as_of.0 + 5_000), ..SymbolLive::of(&old) };
        let mut moved = newer.clone();
        moved.quote.price = price(91_555.5);
        moved.mark_price = known(price(91_556.0));
        assert_eq!(opened.take(SymbolMessage::Live(moved.into())), Taken::Applied);
        let shown = opened.breakdown.get_untracked().unwrap();
        assert_eq!((shown.value.row.quote.price, &shown.value.mark_price), (price(91_555.5), &known(price(91_556.0))));
        assert_eq!((shown.as_of.0 - old.as_of.0, shown.fresh_until.0 - old.fresh_until.0), (5_000, 5_000));
        assert_eq!((&shown.value.dimensions, shown.stamp), (&old.value.dimensions, old.stamp));
        let older = SymbolLive { as_of: UnixMs(old.as_of.0 + 1_000), ..newer.clone() };
        assert_eq!(opened.take(SymbolMessage::Live(older.into())), Taken::Ignored, "older than what is on screen");
        let foreign = SymbolLive { symbol: symbol("ETHUSDT"), ..newer };
        assert_eq!(opened.take(SymbolMessage::Live(foreign.into())), Taken::Ignored, "another symbol's");
    });
}

#[test]
fn the_servers_clock_is_handed_on() {
    run(|| {
        let store = Store::new(&frame());
        assert_eq!(store.take(FrameMessage::Clock { now: UnixMs(5), sent_bytes: 0 }), Taken::Clock(UnixMs(5)));
    });
}

#[test]
fn what_the_stream_weighs_is_the_sum_of_all_connections() {
    run(|| {
        let store = Store::new(&Frame { saving: true, ..frame() });
        for (sent_bytes, all) in [(0, 0), (900, 900), (2_000, 2_000), (40, 2_040), (700, 2_700)] {
            store.take(FrameMessage::Clock { now: UnixMs(5), sent_bytes });
            assert_eq!(store.sent.get_untracked().bytes(), all);
        }
    });
}

#[test]
fn the_oldest_value_on_screen_is_known() {
    run(|| {
        let store = Store::new(&frame());
        assert_eq!(store.oldest(), Some(UnixMs(NOW.0 - 1_000)));
        let signals = RwSignal::new(Ok(held(signals(vec![row(0)]), 30)));
        let list = List { signals, whole: RwSignal::new(true) };
        assert_eq!(store.beside(list).oldest(), Some(UnixMs(NOW.0 - 30_000)));
    });
}

#[test]
fn a_change_of_what_the_server_renders_is_counted_and_holds_no_value() {
    run(|| {
        let store = Store::new(&frame());
        let stamp = Stamp { epoch: 1, seq: 7 };
        let message = FrameMessage::Changed { name: "market:movers".to_owned(), stamp, as_of: NOW };
        assert_eq!(store.take(message), Taken::Applied);
        assert_eq!(store.changes.get_untracked(), 1);
        store.rendered.set(Some(UnixMs(3)));
        assert_eq!(store.oldest(), Some(UnixMs(3)), "what was rendered is among what is on screen");
    });
}

#[test]
fn a_new_alert_is_counted_by_the_server() {
    run(|| {
        let store = Store::new(&frame());
        assert_eq!(store.take(FrameMessage::Unread { newest: NOW }), Taken::Alerts);
        assert_eq!(store.changes.get_untracked(), 0, "the page is not fetched again for it");
    });
}

#[test]
fn the_oldest_figure_of_a_symbol_counts_where_it_is_overdue() {
    run(|| {
        let shown = |minutes: i64| {
            let mut breakdown = breakdown();
            let ratio = schema::Ratio::new(0.58).unwrap();
            breakdown.accounts_long = Figure::known(ratio, UnixMs(NOW.0 - minutes * 60_000));
            let held = held(breakdown, 1);
            Opened { symbol: held.value.row.symbol, breakdown: RwSignal::new(Ok(held)) }.as_of()
        };
        assert_eq!(shown(14), Some(UnixMs(NOW.0 - 1_000)), "in time");
        assert_eq!(shown(19), Some(UnixMs(NOW.0 - 19 * 60_000)));
    });
}

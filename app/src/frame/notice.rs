//! The banner: a simulated or recorded market, a source that does not answer, a first scan that is not done. It cannot be dismissed.

use leptos::prelude::*;
use schema::{
    Reading, UnixMs, Venue, Zone,
    health::{Feed, RecordingEnd},
    page::MonitorState,
    report::L2State,
};

use crate::{format, live::Store, part::live::live};

/// How grave a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// The figures are not what they seem, or none arrive.
    Grave,
    /// Something is still on its way.
    Quiet,
}

/// One line of the banner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) weight: Weight,
    /// What is the matter, in capitals where grave.
    pub(crate) head: String,
    /// Why, in plain words.
    pub(crate) body: String,
}

impl Notice {
    const fn grave(head: String, body: String) -> Self {
        Self { weight: Weight::Grave, head, body }
    }
}

pub(super) fn notices(store: Store) -> AnyView {
    let lines = Memo::new(move |_| {
        let now = store.now.get();
        let shown = store.headline.with(|found| found.as_ref().ok().map(|held| held.value.source));
        let mut notices =
            store.monitor.with(|found| notices_of(&Reading::judge(found.clone(), now), shown, store.zone));
        notices.extend(store.shared.with(|state| shared(state, store.zone)));
        notices
    });
    view! {
        // The one live region: it speaks when the list of notices changes, not with every tick.
        <div class="notices" role="status">
            {live(move || lines.get().into_iter().map(line).collect_view().into_any())}
        </div>
    }
    .into_any()
}

fn line(notice: Notice) -> AnyView {
    let class = match notice.weight {
        Weight::Grave => "notice grave",
        Weight::Quiet => "notice",
    };
    view! { <p class=class><strong>{notice.head}</strong>" "<span>{notice.body}</span></p> }.into_any()
}

/// What the monitor, and the source of the figures on screen, make everyone know.
pub(crate) fn notices_of(reading: &Reading<MonitorState>, shown: Option<Venue>, zone: Zone) -> Vec<Notice> {
    let mut notices = Vec::new();
    let simulated = matches!(reading.held().map(|held| &held.value.feed), Some(Feed::Simulated { .. }));
    let recorded = matches!(reading.held().map(|held| &held.value.feed), Some(Feed::Recorded { .. }));
    if shown == Some(Venue::Replay) && !recorded {
        let body = "the figures on screen are of a recording.".to_owned();
        notices.push(Notice::grave("RECORDED MARKET:".to_owned(), body));
    }
    // While the source changes, the last figures are still those of the market before.
    if shown == Some(Venue::Sim) && !simulated {
        let body = "the figures on screen are still simulated.".to_owned();
        notices.push(Notice::grave("SIMULATED MARKET:".to_owned(), body));
    }
    match reading {
        Reading::Fresh(held) | Reading::Stale { held, .. } => notices.extend(feed(&held.value, zone)),
        Reading::Expired { last, .. } => {
            notices.extend(feed(&last.value, zone));
            // The moment does not change, so a screen reader does not announce it again each minute.
            notices.push(Notice::grave(
                "MONITOR SILENT:".to_owned(),
                format!("it last reported at {}.", format::moment(last.as_of, zone)),
            ));
        }
        Reading::Absent(absence) => {
            notices.push(Notice::grave("MONITOR SILENT:".to_owned(), format!("{absence}.")));
        }
    }
    if let Some(held) = reading.held()
        && let Some(off_s) = held.value.clock_off_s
    {
        let said = format::clock_off(off_s, held.value.feed.venue().label());
        notices.push(Notice::grave(
            "WRONG CLOCK:".to_owned(),
            format!("{said}, so every age shown here is off by as much. Set it by NTP; nothing is corrected."),
        ));
    }
    if let Some(text) = reading.held().and_then(|held| first_scan(&held.value)) {
        notices.push(Notice { weight: Weight::Quiet, head: "First scan:".to_owned(), body: text });
    }
    notices
}

/// What the shared cache makes everyone know.
pub(crate) fn shared(state: &L2State, zone: Zone) -> Option<Notice> {
    match state {
        L2State::Off | L2State::Up { .. } => None,
        L2State::Degraded { cause, since } => Some(Notice {
            weight: Weight::Quiet,
            head: "Shared cache:".to_owned(),
            body: format!(
                "no answer since {} ({cause}). A process that reads from it shows its last figures.",
                format::moment(*since, zone)
            ),
        }),
    }
}

fn feed(monitor: &MonitorState, zone: Zone) -> Option<Notice> {
    match &monitor.feed {
        Feed::Live { .. } => None,
        Feed::Simulated { because } => Some(Notice::grave("SIMULATED MARKET:".to_owned(), because.clone())),
        Feed::Recorded { venue, from, speed, ended } => {
            Some(Notice::grave("RECORDED MARKET:".to_owned(), recorded(*venue, *from, *speed, *ended, zone)))
        }
        Feed::Unreachable { venue, cause, since } => Some(Notice::grave(
            format!("{} UNREACHABLE", venue.label().to_ascii_uppercase()),
            format!("since {}: {cause}", format::moment(*since, zone)),
        )),
        Feed::Connecting { venue } => Some(Notice {
            weight: Weight::Quiet,
            head: "Connecting".to_owned(),
            body: format!("to {} for the first time.", venue.label()),
        }),
    }
}

/// What is played, or how it ended.
pub(crate) fn recorded(venue: Venue, from: UnixMs, speed: u32, ended: Option<RecordingEnd>, zone: Zone) -> String {
    match ended {
        None => {
            let pace = if speed == 1 { "as fast as it happened".to_owned() } else { format!("{speed} times as fast") };
            format!("{} from {} on, {pace}.", venue.label(), format::moment(from, zone))
        }
        Some(RecordingEnd { at, lost }) => {
            let mut text = format!(
                "the recording of {} ended at {}; nothing more comes.",
                venue.label(),
                format::moment(at, zone)
            );
            if lost > 0 {
                text += &format!(" While it was made, {} messages were lost.", format::count(lost));
            }
            text
        }
    }
}

/// How far the first scan is, while it is not done: `14 of 60 symbols`.
pub(crate) fn first_scan(monitor: &MonitorState) -> Option<String> {
    (monitor.symbols_ready < monitor.symbols_total)
        .then(|| format!("{} of {} symbols", monitor.symbols_ready, monitor.symbols_total))
}

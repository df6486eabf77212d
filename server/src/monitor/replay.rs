//! Watching a recording instead of an exchange.

use std::path::Path;

use schema::health::{Feed, RecordingEnd};
use venue::replay::{Ended, Recording, ReplayServer};

use super::{Monitor, MonitorError, exchange};
use crate::{
    config,
    supervise::{Broken, Job},
};

const PLAYER: Job = Job { name: "recording", what: "Serves the recording." };

impl Monitor {
    /// Plays the recording in a folder until the supervisor stops. At its end nothing more comes, and the figures grow old by
    /// themselves.
    ///
    /// # Errors
    ///
    /// When the recording cannot be read or served, now or later. A panic is one as well: the clock of the recording has gone on,
    /// so it cannot begin again.
    pub(super) async fn replay(&self, folder: &Path) -> Result<(), MonitorError> {
        let recording = Recording::open(folder)?;
        let (venue, from, speed) = (recording.venue(), recording.began(), self.config.replay_speed);
        let ours = self.clock.clone();
        let clock = venue::Clock::of(move || ours.now());
        let server = ReplayServer::bind(&recording, clock.clone())?;
        let exchange = exchange::recorded(&self.config, venue, &server, clock)?;
        let mut ended = server.ended();
        tracing::info!(%venue, from_ms = from.0, speed, "playing a recording");
        let group = self.supervisor.group();
        let end = group.stop();
        // A recording that cannot be read on must not look like one that goes on: its failure ends the session.
        group.spawn_bound(PLAYER, async move { Ok(server.run(async move { end.cancelled().await }).await?) });
        let board = self.board.clone();
        let over = async move {
            if let Ok(last) = ended.wait_for(Option::is_some).await
                && let Some(Ended { at, lost, cut }) = *last
            {
                tracing::info!(at_ms = at.0, lost, cut, "the recording has ended");
                let ended = Some(RecordingEnd { at, lost });
                board.restate(Feed::Recorded { venue, from, speed, ended });
            }
            std::future::pending::<()>().await;
        };
        let healthy = Feed::Recorded { venue, from, speed, ended: None };
        // No outside source knows what was true then.
        let outside = config::Outside { coingecko: None, alternative: None };
        match self.session(exchange, &outside, healthy, over, &group).await {
            Err(MonitorError::Broken(Broken::Panicked { task, message })) => {
                Err(MonitorError::Broken(Broken::Failed { task, source: message.into() }))
            }
            ended => ended.map(drop),
        }
    }
}

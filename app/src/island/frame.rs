//! The frame of a page whose content does not live.

use leptos::prelude::*;
use schema::page::Frame;

use crate::{
    frame::crown,
    live::{Store, connect},
};

island!(
    /// Header and banner alone, for a page whose content is rendered once, on the server.
    FrameIsland(
        /// The frame's snapshot.
        page: Frame,
    ) => frame
);

fn frame(page: Frame) -> AnyView {
    let store = Store::new(&page);
    connect(store, &[], None, page.now, Some(page.stamp));
    crown(store)
}

//! A name is looked at even where nothing uses the schema: the list forces it.

use schema::{Invalid, Name, Policy, Schema};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Tide {
    metres: f64,
}

impl Schema for Tide {
    const NAME: Name = Name::new("");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(1, 5, 60);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

schema::schemas!(Tide);

fn main() {}

use schema::{Invalid, Name, Policy, Schema};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Tide {
    metres: f64,
}

#[derive(Serialize, Deserialize)]
struct Ebb {
    metres: f64,
}

impl Schema for Tide {
    const NAME: Name = Name::new("sea:tide");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(1, 5, 60);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

impl Schema for Ebb {
    const NAME: Name = Name::new("sea:tide");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(1, 5, 60);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

schema::schemas!(Tide, Ebb);

fn main() {
    println!("{}", SCHEMAS.len());
}

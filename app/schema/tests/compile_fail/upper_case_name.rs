const NAME: schema::Name = schema::Name::new("market:Overview");

fn main() {
    println!("{NAME}");
}

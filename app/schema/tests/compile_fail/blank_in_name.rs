const NAME: schema::Name = schema::Name::new("market overview");

fn main() {
    println!("{NAME}");
}

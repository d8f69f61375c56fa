/// A generator whose numbers depend on the seed alone (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators").
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

  /// True in `permille` of a thousand cases.
  mutating func chance(_ permille: Int) -> Bool { below(1000) < permille }

  mutating func one<Element>(of choices: [Element]) -> Element { choices[below(choices.count)] }
}

/// Changes texts at random, the same way for the same seed: for runs that must be repeatable. A soak leaves that to
/// libFuzzer, which sees what a change reached.
public struct Mutator {
  private var state: UInt64
  private let corpus: [[UInt8]]

  public init(seed: UInt64, corpus: [[UInt8]]) {
    state = seed
    self.corpus = corpus.isEmpty ? [[]] : corpus
  }

  /// SplitMix64 (Steele, Lea and Flood).
  private mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ mixed >> 31) % UInt64(max(bound, 1)))
  }

  /// A text of the corpus with one to four changes.
  public mutating func next() -> [UInt8] {
    var text = corpus[below(corpus.count)]
    for _ in 0...below(4) { change(&text) }
    return text
  }

  private mutating func change(_ text: inout [UInt8]) {
    let place = below(text.count + 1)
    let end = min(text.count, place + 1 + below(8))
    switch below(6) {
    case 0: text.insert(UInt8(below(256)), at: place)
    case 1: text.removeSubrange(place..<end)
    case 2: text.insert(contentsOf: text[place..<end], at: place)
    case 3: if place < text.count { text[place] ^= 1 << UInt8(below(8)) }
    case 4: text.insert(contentsOf: Self.pieces[below(Self.pieces.count)].utf8, at: place)
    default:
      let other = corpus[below(corpus.count)]
      let start = below(other.count + 1)
      text.replaceSubrange(place..<text.count, with: other[start...])
    }
  }

  /// What means something to one of the readers.
  private static let pieces = [
    "{{", "}}", "{{=", "{", "}", "[", "]", "(", ")", "'", "\"", "`", "\\", "&a ", "*a", "<<: *a", "? ", "- ", ": ", "#",
    "|\n", ">\n", "!!str ",
    "!x ", "%TAG ! x\n", "---\n", "...\n", "\t", "\r", "\u{0}", "\u{85}", "\u{2028}", "\u{FEFF}", "é", "🏳️‍🌈", "&&", "||",
    "!", "==", "=~", "??",
    "?.", "**", "..", "|", "9223372036854775807", "-9223372036854775808", "1e308", "0x", "NaN", "true", "null", "nil",
    "item", "inputs.parameters.a",
    "steps.a.outputs.result", "workflow.name", ".Succeeded", ".AnySucceeded", "filter(", "sprig.", "(?i)", "[^",
    "{2,9}", "\\p{", "$",
  ]
}

import WorkflowCore

/// Nodes and runs as no engine would make them, but as the file must be able to hold them.
struct RandomRows {
  private var random: SplitMix

  init(seed: UInt64) { random = SplitMix(seed) }

  mutating func nodes(_ count: Int) -> [Node] { (0..<count).map { node($0) } }

  mutating func record() -> RunRecord {
    RunRecord(
      phase: word(), message: maybe { $0.text() }, startedAt: maybe { $0.instant() },
      finishedAt: maybe { $0.instant() },
      shutdown: maybe { $0.word() }, globalOutputs: parameters(),
      globalArtifacts: artifacts())
  }

  /// A node that differs from `node` in everything that may change after it has appeared.
  mutating func changed(_ node: Node) -> Node {
    var node = node
    node.phase = word()
    node.message = maybe { $0.text() }
    node.startedAt = instant()
    node.finishedAt = maybe { $0.instant() }
    node.inputs = parameters()
    node.inputArtifacts = artifacts()
    node.outputs = maybe { random in
      NodeOutputs(
        parameters: random.parameters(), artifacts: random.artifacts(), result: random.maybe { $0.text() },
        exitCode: random.maybe { Int32.random(in: .min ... .max, using: &$0.random) })
    }
    node.progress = maybe { random in
      Progress(
        done: Int64.random(in: 0...(.max), using: &random.random),
        total: Int64.random(in: 0...(.max), using: &random.random))
    }
    node.attempt = maybe { $0.word() }
    node.retryAt = maybe { $0.instant() }
    return node
  }

  private mutating func node(_ number: Int) -> Node {
    func earlier(_ random: inout RandomRows) -> NodeIndex? {
      number == 0 ? nil : random.maybe { NodeIndex(Int.random(in: 0..<number, using: &$0.random)) }
    }
    return changed(
      Node(
        index: NodeIndex(number), id: text(), name: text(), displayName: text(), type: word(),
        templateName: maybe { $0.text() }, owner: earlier(&self), boundary: earlier(&self),
        member: Int.random(in: 0...5, using: &random), item: maybe { $0.value(depth: 3) },
        isHook: Bool.random(using: &random), phase: .pending, startedAt: start))
  }

  private mutating func artifacts() -> [ArtifactValue] {
    parameters().map { ArtifactValue(name: $0.name, location: .record(["s3": .record(["key": .string($0.value)])])) }
  }

  private mutating func maybe<Result>(_ make: (inout RandomRows) -> Result) -> Result? {
    Bool.random(using: &random) ? make(&self) : nil
  }

  private mutating func word<Word: CaseIterable>() -> Word where Word.AllCases == [Word] {
    Word.allCases[Int.random(in: 0..<Word.allCases.count, using: &random)]
  }

  private mutating func instant() -> Timestamp {
    Timestamp(milliseconds: Int64.random(in: 0...4_000_000_000_000, using: &random))
  }

  /// Text with what breaks quoting somewhere.
  private mutating func text() -> String {
    let pieces = [
      "", "a", "'", "\"", "\\", "\n", "\u{1}", "é", "日本", "🚀", "\u{2028}", "{{x}}", "; DROP TABLE nodes; --", "%",
      "e\u{301}",
    ]
    return (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }

  private mutating func parameters() -> [ParameterValue] {
    (0..<Int.random(in: 0...3, using: &random)).map { _ in ParameterValue(name: text(), value: text()) }
  }

  private mutating func value(depth: Int) -> Value {
    switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random) {
    case 0: .null
    case 1: .bool(Bool.random(using: &random))
    case 2: .int(Int64.random(in: .min ... .max, using: &random))
    case 3: .double(Double.random(in: -1e9...1e9, using: &random))
    case 4: .string(text())
    case 5: .array((0..<2).map { _ in value(depth: depth - 1) })
    default: .record(["key": value(depth: depth - 1), "other": value(depth: depth - 1)])
    }
  }
}

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

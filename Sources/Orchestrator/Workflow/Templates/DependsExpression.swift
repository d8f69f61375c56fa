/// What `depends` may ask of a task besides its bare name: `A.Failed`.
public enum DependsCondition: String, CaseIterable, Hashable, Sendable {
  case succeeded = "Succeeded"
  case failed = "Failed"
  case errored = "Errored"
  case skipped = "Skipped"
  case omitted = "Omitted"
  case daemoned = "Daemoned"
  /// Of a looped task: at least one item succeeded.
  case anySucceeded = "AnySucceeded"
  /// Of a looped task: it has items, and every one of them failed.
  case allFailed = "AllFailed"
}

/// One mention of a task in a `depends` expression.
public struct DependsReference: Hashable, Sendable {
  public let task: String
  /// Nil where the task stands without a condition.
  public let condition: DependsCondition?
  /// Characters of the expression before the task's name.
  public let offset: Int
}

/// When a task of a DAG may start: names of tasks joined by `&&`, `||`, `!` and parentheses.
public struct DependsExpression: Hashable, Sendable {
  indirect enum Node: Hashable, Sendable {
    case task(DependsReference)
    case not(Node)
    case all([Node])
    case any([Node])
  }

  /// Every mention of a task, in the order of the text.
  public let references: [DependsReference]
  /// The expression as it was written.
  public let source: String
  let root: Node

  /// Reads the expression of a task's `depends`.
  public init(parsing source: String) throws(ExpressionSyntaxError) {
    try ExpressionSyntaxError.check(lengthOf: source)
    var parser = DependsParser(source)
    root = try parser.parseAll()
    references = parser.references
    taskNames = Self.distinct(references.map(\.task))
    self.source = source
  }

  /// The meaning of `dependencies: [A, B]`: all of them, each by its bare name.
  public init(allOf tasks: [String]) {
    references = tasks.map { DependsReference(task: $0, condition: nil, offset: 0) }
    taskNames = Self.distinct(tasks)
    root = .all(references.map(Node.task))
    source = tasks.joined(separator: " && ")
  }

  private static func distinct(_ names: [String]) -> [String] {
    var seen = Set<String>()
    return names.filter { seen.insert($0).inserted }
  }

  public static func == (left: Self, right: Self) -> Bool { left.root == right.root }
  public func hash(into hasher: inout Hasher) { hasher.combine(root) }

  /// The tasks mentioned, each once, in the order of their first mention.
  public let taskNames: [String]

  /// Whether the expression is true of the tasks as `state` describes them.
  /// - Parameter state: whether the task meets the condition; nil asks for what its bare name means.
  public func holds(_ state: (_ task: String, _ condition: DependsCondition?) -> Bool) -> Bool {
    root.holds(state)
  }
}

extension DependsExpression.Node {
  func holds(_ state: (String, DependsCondition?) -> Bool) -> Bool {
    switch self {
    case .task(let reference): state(reference.task, reference.condition)
    case .not(let operand): !operand.holds(state)
    case .all(let operands): operands.allSatisfy { $0.holds(state) }
    case .any(let operands): operands.contains { $0.holds(state) }
    }
  }
}

/// Reads bytes: what has a meaning here is ASCII, and characters take long to tell apart.
private struct DependsParser {
  static let maximumDepth = 64
  let source: String
  let bytes: [UInt8]
  var position = 0
  var references: [DependsReference] = []

  init(_ source: String) {
    self.source = source
    bytes = Array(source.utf8)
  }

  mutating func parseAll() throws(ExpressionSyntaxError) -> DependsExpression.Node {
    let node = try parseAny(depth: 0)
    skipBlanks()
    guard position == bytes.count else {
      throw error("unexpected '\(character)'", hint: "join the names of tasks with && or ||")
    }
    return node
  }

  /// The whole character that begins here.
  private var character: String {
    String(decoding: bytes[position...].prefix(64), as: UTF8.self).first.map(String.init) ?? ""
  }

  private func error(_ message: String, at place: Int? = nil, hint: String? = nil) -> ExpressionSyntaxError {
    ExpressionSyntaxError(message, at: offset(of: place ?? position), hint: hint)
  }

  /// The number of characters before a byte.
  private func offset(of byte: Int) -> Int {
    isASCII ? byte : String(decoding: bytes[..<byte], as: UTF8.self).count
  }

  private var isASCII: Bool { source.utf8.count == source.unicodeScalars.count && !bytes.contains(0x0D) }

  private mutating func skipBlanks() {
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
  }

  private mutating func take(_ symbol: StaticString) -> Bool {
    skipBlanks()
    let length = symbol.utf8CodeUnitCount
    guard position + length <= bytes.count else { return false }
    for index in 0..<length where bytes[position + index] != symbol.utf8Start[index] { return false }
    position += length
    return true
  }

  private mutating func parseAny(depth: Int) throws(ExpressionSyntaxError) -> DependsExpression.Node {
    var operands = [try parseAllOf(depth: depth)]
    while take("||") { operands.append(try parseAllOf(depth: depth)) }
    return operands.count == 1 ? operands[0] : .any(operands)
  }

  private mutating func parseAllOf(depth: Int) throws(ExpressionSyntaxError) -> DependsExpression.Node {
    var operands = [try parseOperand(depth: depth)]
    while take("&&") { operands.append(try parseOperand(depth: depth)) }
    return operands.count == 1 ? operands[0] : .all(operands)
  }

  private mutating func parseOperand(depth: Int) throws(ExpressionSyntaxError) -> DependsExpression.Node {
    guard depth < Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
    if take("!") { return .not(try parseOperand(depth: depth + 1)) }
    let open = position
    guard take("(") else { return .task(try parseReference()) }
    let node = try parseAny(depth: depth + 1)
    guard take(")") else { throw error("this '(' is not closed", at: open) }
    return node
  }

  private mutating func parseReference() throws(ExpressionSyntaxError) -> DependsReference {
    skipBlanks()
    let start = position
    let name = takeName()
    guard !name.isEmpty else { throw unexpectedInsteadOfTask() }
    var condition: DependsCondition?
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      condition = try parseCondition()
    }
    // What stands before a name is ASCII: anything else would have been refused.
    let reference = DependsReference(task: name, condition: condition, offset: start)
    references.append(reference)
    return reference
  }

  private mutating func takeName() -> String {
    let start = position
    while position < bytes.count, isTaskNameByte(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private func unexpectedInsteadOfTask() -> ExpressionSyntaxError {
    guard position < bytes.count else { return error("expected the name of a task, but the text ends") }
    let found = character
    let hint: String? = found == "&" || found == "|" ? "the operators are && and ||" : nil
    return error("expected the name of a task, not '\(found)'", hint: hint)
  }

  private mutating func parseCondition() throws(ExpressionSyntaxError) -> DependsCondition {
    let start = position
    let word = takeName()
    if let condition = DependsCondition(rawValue: word) { return condition }
    let known = DependsCondition.allCases.map(\.rawValue)
    let meant = known.first { $0.lowercased() == word.lowercased() }
    throw error(
      "unknown condition '\(word)'", at: start,
      hint: meant.map { "write '\($0)'" } ?? "one of " + known.joined(separator: ", "))
  }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

private func isTaskNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
    true
  default: false
  }
}

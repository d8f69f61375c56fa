import OrderedCollections

/// What an expression computes with: JSON's values, and what only expressions have.
enum Operand: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case array(OperandList)
  case object(OperandMap)
  case date(DateTime)
  case duration(GoDuration)
  case zone(FixedZone)
  case version(SemanticVersion)
  /// A path of the environment that leads to values without being one.
  case scope([String])
}

/// A list with what must be known of it before it may grow: how deep it nests, and how large it is.
struct OperandList: Sendable {
  let elements: [Operand]
  let nesting: Int
  let size: Int

  init(_ elements: [Operand]) {
    self.elements = elements
    nesting = 1 + (elements.map(\.nesting).max() ?? 0)
    size = elements.reduce(2) { saturatingSum($0, $1.size + 1) }
  }
}

/// A map, in the order in which its members were made.
struct OperandMap: Sendable {
  let members: OrderedDictionary<String, Operand>
  let nesting: Int
  let size: Int

  init(_ members: OrderedDictionary<String, Operand>) {
    self.members = members
    nesting = 1 + (members.values.map(\.nesting).max() ?? 0)
    size = members.reduce(2) { saturatingSum($0, $1.key.utf8.count + $1.value.size + 4) }
  }
}

func saturatingSum(_ left: Int, _ right: Int) -> Int {
  let (sum, overflow) = left.addingReportingOverflow(right)
  return overflow ? .max : sum
}

extension Operand {
  static func list(_ elements: [Operand]) -> Operand { .array(OperandList(elements)) }
  static func strings(_ elements: some Sequence<String>) -> Operand { .list(elements.map(Operand.string)) }
  static func map(_ members: OrderedDictionary<String, Operand>) -> Operand { .object(OperandMap(members)) }

  /// Levels of lists and maps.
  var nesting: Int {
    switch self {
    case .array(let list): list.nesting
    case .object(let map): map.nesting
    default: 0
    }
  }

  /// About the length of this value's JSON in bytes.
  var size: Int {
    switch self {
    case .null, .bool, .int, .double: 4
    case .string(let text): text.utf8.count + 2
    case .bytes(let bytes): bytes.count
    case .array(let list): list.size
    case .object(let map): map.size
    case .date, .duration, .zone, .version, .scope: 20
    }
  }

  /// The name of the type, as expr-lang's `type` gives it.
  var typeName: String {
    switch self {
    case .null, .scope: "nil"
    case .bool: "bool"
    case .int: "int"
    case .double: "float"
    case .string: "string"
    case .bytes, .array: "array"
    case .object: "map"
    case .date: "time.Time"
    case .duration: "time.Duration"
    case .zone: "time.Location"
    case .version: "semver.Version"
    }
  }

  var isNull: Bool { if case .null = self { true } else { false } }

  var number: Double? {
    switch self {
    case .int(let integer): Double(integer)
    case .double(let double): double
    default: nil
    }
  }
}

// MARK: To and from values

extension Operand {
  init(_ value: Value) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let integer): self = .int(integer)
    case .double(let double): self = .double(double)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(elements.map(Operand.init))
    case .object(let members): self = .map(members.mapValues(Operand.init))
    }
  }

  /// This operand as Go's `encoding/json` would write it: dates as RFC 3339, durations as nanoseconds, bytes as base64.
  var value: Value {
    switch self {
    case .null, .scope: .null
    case .bool(let flag): .bool(flag)
    case .int(let integer): .int(integer)
    case .double(let double): .double(double)
    case .string(let text): .string(text)
    case .bytes(let bytes): .string(base64(bytes))
    case .array(let list): .array(list.elements.map(\.value))
    case .object(let map): .object(map.members.mapValues(\.value))
    case .date(let date): .string(date.formatted(as: .rfc3339Nano))
    case .duration(let duration): .int(duration.nanoseconds)
    case .zone(let zone): .string(zone.name)
    case .version(let version): .string(version.description)
    }
  }

  /// This operand as Go's `%v` prints it.
  var text: String {
    switch self {
    case .double(let number): goFloat(number)
    case .bytes(let bytes): "[" + bytes.map { String($0) }.joined(separator: " ") + "]"
    case .array(let list): "[" + list.elements.map(\.text).joined(separator: " ") + "]"
    case .object(let map):
      "map["
        + map.members.sorted { goLess($0.key, $1.key) }.map { "\($0.key):\($0.value.text)" }.joined(separator: " ")
        + "]"
    case .date(let date): date.description
    case .duration(let duration): duration.description
    default: value.goText
    }
  }
}

// MARK: Comparison

extension Operand {
  /// Equality as expr-lang has it: 1 == 1.0, maps whatever their order, nothing else across types.
  func equals(_ other: Operand) -> Bool {
    switch (self, other) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.int(let a), .int(let b)): a == b
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.bytes(let a), .bytes(let b)): a == b
    case (.array(let a), .array(let b)):
      a.elements.count == b.elements.count && zip(a.elements, b.elements).allSatisfy { $0.equals($1) }
    case (.object(let a), .object(let b)):
      a.members.count == b.members.count
        && a.members.allSatisfy { member in b.members[member.key].map { member.value.equals($0) } ?? false }
    case (.date(let a), .date(let b)): a.instant == b.instant
    case (.duration(let a), .duration(let b)): a == b
    case (.zone(let a), .zone(let b)): a == b
    case (.version(let a), .version(let b)): !a.precedes(b) && !b.precedes(a)
    default: number.flatMap { a in other.number.map { a == $0 } } ?? false
    }
  }

  /// Whether this operand sorts before `other`; nil when the two have no order.
  func precedes(_ other: Operand) -> Bool? {
    switch (self, other) {
    case (.int(let a), .int(let b)): a < b
    case (.string(let a), .string(let b)): goLess(a, b)
    case (.date(let a), .date(let b)): a.instant < b.instant
    case (.duration(let a), .duration(let b)): a < b
    default: number.flatMap { a in other.number.map { a < $0 } }
    }
  }
}

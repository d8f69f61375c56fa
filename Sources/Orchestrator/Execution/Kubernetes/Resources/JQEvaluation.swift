import Foundation
import OrderedCollections
import WorkflowCore

/// Works out a jq filter. A filter gives any number of values for each that goes in.
struct JQEvaluation {
  typealias Function = @Sendable (inout JQEvaluation, [JQNode], Value) throws(ObjectQueryError) -> [Value]

  /// Values that one filter may make, so that none runs for ever.
  private static let most = 1_000_000
  private var made = 0

  mutating func values(_ node: JQNode, _ input: Value) throws(ObjectQueryError) -> [Value] {
    let values = try unchecked(node, input)
    made += values.count + 1
    guard made < Self.most else { throw ObjectQueryError("the jq filter gives too many values") }
    return values
  }

  private mutating func unchecked(_ node: JQNode, _ input: Value) throws(ObjectQueryError) -> [Value] {
    switch node {
    case .identity: return [input]
    case .recursion: return recursion(input)
    case .literal(let value): return [value]
    case .interpolation(let parts): return [.string(try joined(parts, input))]
    case .field(let base, let key):
      return try each(base, key, input) { value, key throws(ObjectQueryError) in [try Self.member(value, key)] }
    case .slice(let base, let from, let to): return try slices(base, from, to, input)
    case .iterate(let base): return try each(base, input) { value throws(ObjectQueryError) in try Self.elements(value) }
    case .attempt(let inner): return (try? values(inner, input)) ?? []
    case .pipe(let left, let right):
      var found: [Value] = []
      for value in try values(left, input) { found += try values(right, value) }
      return found
    case .both(let left, let right): return try values(left, input) + values(right, input)
    case .alternative(let left, let right):
      let found = ((try? values(left, input)) ?? []).filter(Self.isTrue)
      return found.isEmpty ? try values(right, input) : found
    case .binary(let sign, let left, let right): return try binary(sign, left, right, input)
    case .list(let inner):
      return [.array(try inner.map { (node) throws(ObjectQueryError) in try values(node, input) } ?? [])]
    case .object(let members): return try object(members, input)
    case .condition(let test, let yes, let no):
      var found: [Value] = []
      for value in try values(test, input) { found += try values(Self.isTrue(value) ? yes : no, input) }
      return found
    case .call(let name, let arguments):
      guard let function = Self.functions["\(name)/\(arguments.count)"] else { return [] }
      return try function(&self, arguments, input)
    }
  }

  static func isTrue(_ value: Value) -> Bool { value != .null && value != .bool(false) }

  // MARK: Paths

  private mutating func each(
    _ base: JQNode, _ input: Value, _ body: (Value) throws(ObjectQueryError) -> [Value]
  ) throws(ObjectQueryError) -> [Value] {
    var found: [Value] = []
    for value in try values(base, input) { found += try body(value) }
    return found
  }

  private mutating func each(
    _ base: JQNode, _ key: JQNode, _ input: Value, _ body: (Value, Value) throws(ObjectQueryError) -> [Value]
  ) throws(ObjectQueryError) -> [Value] {
    var found: [Value] = []
    let keys = try values(key, input)
    for value in try values(base, input) {
      for key in keys { found += try body(value, key) }
    }
    return found
  }

  static func member(_ value: Value, _ key: Value) throws(ObjectQueryError) -> Value {
    switch (value, key) {
    case (.null, _): return .null
    case (.object(let members), .string(let name)): return members[name] ?? .null
    case (.array(let list), .int(let index)):
      let place = Int(clamping: index) < 0 ? Int(clamping: index) + list.count : Int(clamping: index)
      return list.indices.contains(place) ? list[place] : .null
    default: throw ObjectQueryError("jq: \(value.jsonText().prefix(40)) has no member \(key.jsonText())")
    }
  }

  static func elements(_ value: Value) throws(ObjectQueryError) -> [Value] {
    switch value {
    case .array(let list): return list
    case .object(let members): return Array(members.values)
    default: throw ObjectQueryError("jq: \(value.jsonText().prefix(40)) holds no elements")
    }
  }

  private mutating func slices(
    _ base: JQNode, _ from: JQNode?, _ to: JQNode?, _ input: Value
  ) throws(ObjectQueryError) -> [Value] {
    let low = try from.map { (node) throws(ObjectQueryError) in try values(node, input).first?.integerNumber ?? 0 }
    let high = try to.map { (node) throws(ObjectQueryError) in try values(node, input).first?.integerNumber ?? 0 }
    return try each(base, input) { value throws(ObjectQueryError) in
      switch value {
      case .array(let list): return [.array(Self.cut(list, low, high))]
      case .string(let text): return [.string(String(Self.cut(Array(text), low, high)))]
      case .null: return [.null]
      default: throw ObjectQueryError("jq: only lists and texts have parts")
      }
    }
  }

  private static func cut<Element>(_ list: [Element], _ from: Int?, _ to: Int?) -> [Element] {
    func place(_ index: Int) -> Int { min(max(index < 0 ? index + list.count : index, 0), list.count) }
    let (low, high) = (place(from ?? 0), place(to ?? list.count))
    return low < high ? Array(list[low..<high]) : []
  }

  private func recursion(_ value: Value) -> [Value] {
    [value] + ((try? Self.elements(value)) ?? []).flatMap(recursion)
  }

  // MARK: Making values

  private mutating func joined(_ parts: [JQNode], _ input: Value) throws(ObjectQueryError) -> String {
    var text = ""
    for part in parts { text += try values(part, input).map(\.tagText).joined() }
    return text
  }

  private mutating func object(
    _ members: [(key: JQNode, value: JQNode)], _ input: Value
  ) throws(ObjectQueryError) -> [Value] {
    var objects: [OrderedDictionary<String, Value>] = [[:]]
    for member in members {
      guard let key = try values(member.key, input).first?.stringValue else {
        throw ObjectQueryError("jq: keys are texts")
      }
      let found = try values(member.value, input)
      objects = objects.flatMap { object in
        found.map { value in
          var object = object
          object[key] = value
          return object
        }
      }
    }
    return objects.map(Value.object)
  }

  private mutating func binary(
    _ sign: String, _ left: JQNode, _ right: JQNode, _ input: Value
  ) throws(ObjectQueryError) -> [Value] {
    var found: [Value] = []
    for a in try values(left, input) {
      if sign == "and" && !Self.isTrue(a) || sign == "or" && Self.isTrue(a) {
        found.append(.bool(sign == "or"))
        continue
      }
      for b in try values(right, input) { found.append(try Self.apply(sign, a, b)) }
    }
    return found
  }

  private static func apply(_ sign: String, _ a: Value, _ b: Value) throws(ObjectQueryError) -> Value {
    switch sign {
    case "and", "or": return .bool(isTrue(b))
    case "==": return .bool(jqOrder(a, b) == 0)
    case "!=": return .bool(jqOrder(a, b) != 0)
    case "<": return .bool(jqOrder(a, b) < 0)
    case "<=": return .bool(jqOrder(a, b) <= 0)
    case ">": return .bool(jqOrder(a, b) > 0)
    case ">=": return .bool(jqOrder(a, b) >= 0)
    case "+": return try add(a, b)
    default: return try compute(sign, a, b)
    }
  }

  static func add(_ a: Value, _ b: Value) throws(ObjectQueryError) -> Value {
    switch (a, b) {
    case (.null, let other), (let other, .null): return other
    case (.string(let a), .string(let b)): return .string(a + b)
    case (.array(let a), .array(let b)): return .array(a + b)
    case (.object(let a), .object(let b)): return .object(a.merging(b) { $1 })
    default: return try compute("+", a, b)
    }
  }

  private static func compute(_ sign: String, _ a: Value, _ b: Value) throws(ObjectQueryError) -> Value {
    if case (.array(let a), .array(let b)) = (a, b), sign == "-" { return .array(a.filter { !b.contains($0) }) }
    if case (.string(let a), .string(let b)) = (a, b), sign == "/" {
      return .array(a.components(separatedBy: b).map(Value.string))
    }
    guard let x = a.number, let y = b.number else {
      throw ObjectQueryError("jq: \(a.jsonText().prefix(40)) \(sign) \(b.jsonText().prefix(40)) means nothing")
    }
    switch sign {
    case "+": return jqNumber(x + y)
    case "-": return jqNumber(x - y)
    case "*": return jqNumber(x * y)
    default:
      guard y != 0 else { throw ObjectQueryError("jq: division by zero") }
      return jqNumber(sign == "/" ? x / y : x.truncatingRemainder(dividingBy: y))
    }
  }
}

/// jq's order of all values: null, false, true, numbers, texts, lists, objects.
func jqOrder(_ a: Value, _ b: Value) -> Int {
  func rank(_ value: Value) -> Int {
    switch value {
    case .null: 0
    case .bool(false): 1
    case .bool: 2
    case .int, .double: 3
    case .string: 4
    case .array: 5
    case .object: 6
    }
  }
  func order<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a == b ? 0 : 1 }
  switch (a, b) {
  case (.string(let a), .string(let b)): return order(a, b)
  case (.array(let a), .array(let b)):
    return zip(a, b).lazy.map(jqOrder).first { $0 != 0 } ?? order(a.count, b.count)
  case (.object(let x), .object(let y)):
    let keys = (x.keys.sorted(), y.keys.sorted())
    let byKeys = jqOrder(.array(keys.0.map(Value.string)), .array(keys.1.map(Value.string)))
    return byKeys != 0 ? byKeys : keys.0.lazy.map { jqOrder(x[$0] ?? .null, y[$0] ?? .null) }.first { $0 != 0 } ?? 0
  default:
    if let x = a.number, let y = b.number { return order(x, y) }
    return order(rank(a), rank(b))
  }
}

extension Value {
  var number: Double? {
    switch self {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  var integerNumber: Int? { number.flatMap { Int(exactly: $0.rounded(.down)) } }
}

import Foundation
import OrderedCollections
import WorkflowCore

extension JQEvaluation {
  /// jq's functions by name and number of arguments.
  static let functions: [String: Function] = general.merging(collections) { $1 }.merging(texts) { $1 }

  private static func on(
    _ body: @escaping @Sendable (Value) throws(ObjectQueryError) -> Value
  ) -> Function {
    { (_, _, input) throws(ObjectQueryError) in [try body(input)] }
  }

  private static func wrong(_ name: String, _ value: Value) -> ObjectQueryError {
    ObjectQueryError("jq: \(name) takes no \(value.jsonText().prefix(40))")
  }

  private static let general: [String: Function] = [
    "empty/0": { (_, _, _) in [] },
    "not/0": on { .bool(!isTrue($0)) },
    "type/0": on { value in
      switch value {
      case .null: "null"
      case .bool: "boolean"
      case .int, .double: "number"
      case .string: "string"
      case .array: "array"
      case .object: "object"
      }
    },
    "tostring/0": on { .string($0.tagText) },
    "tojson/0": on { .string($0.jsonText()) },
    "fromjson/0": on { (value) throws(ObjectQueryError) in
      guard let text = value.stringValue, let parsed = try? Value(json: text) else { throw wrong("fromjson", value) }
      return parsed
    },
    "tonumber/0": on { (value) throws(ObjectQueryError) in
      if value.number != nil { return value }
      guard let number = value.stringValue.flatMap({ Double($0) }) else { throw wrong("tonumber", value) }
      return jqNumber(number)
    },
    "floor/0": on { jqNumber(($0.number ?? 0).rounded(.down)) },
    "ceil/0": on { jqNumber(($0.number ?? 0).rounded(.up)) },
    "round/0": on { jqNumber(($0.number ?? 0).rounded()) },
    "error/1": { (evaluation, arguments, input) throws(ObjectQueryError) in
      throw ObjectQueryError("jq: \(try evaluation.values(arguments[0], input).first?.tagText ?? "error")")
    },
    "select/1": { (evaluation, arguments, input) throws(ObjectQueryError) in
      try evaluation.values(arguments[0], input).filter(isTrue).map { _ in input }
    },
  ]

  private static let collections: [String: Function] = [
    "length/0": on { (value) throws(ObjectQueryError) in
      switch value {
      case .null: return 0
      case .string(let text): return .int(Int64(text.unicodeScalars.count))
      case .array(let list): return .int(Int64(list.count))
      case .object(let members): return .int(Int64(members.count))
      case .int, .double: return jqNumber(abs(value.number ?? 0))
      case .bool: throw wrong("length", value)
      }
    },
    "keys/0": on { (value) throws(ObjectQueryError) in
      switch value {
      case .object(let members): return .array(members.keys.sorted().map(Value.string))
      case .array(let list): return .array(list.indices.map { .int(Int64($0)) })
      default: throw wrong("keys", value)
      }
    },
    "values/0": { (_, _, input) in input == .null ? [] : [input] },
    "has/1": { (evaluation, arguments, input) throws(ObjectQueryError) in
      try evaluation.values(arguments[0], input).map { key in
        switch (input, key) {
        case (.object(let members), .string(let name)): .bool(members[name] != nil)
        case (.array(let list), .int(let index)): .bool(list.indices.contains(Int(clamping: index)))
        default: false
        }
      }
    },
    "map/1": { (evaluation, arguments, input) throws(ObjectQueryError) in
      var mapped: [Value] = []
      for element in try elements(input) { mapped += try evaluation.values(arguments[0], element) }
      return [.array(mapped)]
    },
    "first/0": on { (value) throws(ObjectQueryError) in try member(value, 0) },
    "last/0": on { (value) throws(ObjectQueryError) in try member(value, -1) },
    "first/1": { (evaluation, arguments, input) throws(ObjectQueryError) in
      Array(try evaluation.values(arguments[0], input).prefix(1))
    },
    "add/0": on { (value) throws(ObjectQueryError) in
      var sum = Value.null
      for element in try elements(value) { sum = try add(sum, element) }
      return sum
    },
    "any/0": on { (value) throws(ObjectQueryError) in .bool(try elements(value).contains(where: isTrue)) },
    "all/0": on { (value) throws(ObjectQueryError) in .bool(try elements(value).allSatisfy(isTrue)) },
    "reverse/0": on { (value) throws(ObjectQueryError) in .array(try elements(value).reversed()) },
    "sort/0": on { (value) throws(ObjectQueryError) in .array(try elements(value).sorted { jqOrder($0, $1) < 0 }) },
    "unique/0": on { (value) throws(ObjectQueryError) in
      var unique: [Value] = []
      for element in try elements(value).sorted(by: { jqOrder($0, $1) < 0 }) where unique.last != element {
        unique.append(element)
      }
      return .array(unique)
    },
    "min/0": on { (value) throws(ObjectQueryError) in try elements(value).min { jqOrder($0, $1) < 0 } ?? .null },
    "max/0": on { (value) throws(ObjectQueryError) in try elements(value).max { jqOrder($0, $1) < 0 } ?? .null },
    "sort_by/1": { (evaluation, arguments, input) throws(ObjectQueryError) in
      var keyed: [(key: Value, value: Value)] = []
      for element in try elements(input) {
        keyed.append((.array(try evaluation.values(arguments[0], element)), element))
      }
      let order = keyed.indices.sorted {
        let comparison = jqOrder(keyed[$0].key, keyed[$1].key)
        return comparison == 0 ? $0 < $1 : comparison < 0
      }
      return [.array(order.map { keyed[$0].value })]
    },
    "to_entries/0": on { (value) throws(ObjectQueryError) in
      guard let members = value.objectValue else { throw wrong("to_entries", value) }
      return .array(members.map { .record(["key": .string($0.key), "value": $0.value]) })
    },
    "from_entries/0": on { (value) throws(ObjectQueryError) in
      var members: OrderedDictionary<String, Value> = [:]
      for entry in try elements(value) {
        members[(entry["key"] ?? entry["name"] ?? .null).tagText] = entry["value"] ?? .null
      }
      return .object(members)
    },
  ]

  private static let texts: [String: Function] = [
    "join/1": { (evaluation, arguments, input) throws(ObjectQueryError) in
      let parts = try elements(input).map { $0 == .null ? "" : $0.tagText }
      return try evaluation.values(arguments[0], input).map { .string(parts.joined(separator: $0.tagText)) }
    },
    "split/1": text { text, argument in .array(text.components(separatedBy: argument).map(Value.string)) },
    "startswith/1": text { .bool($0.hasPrefix($1)) },
    "endswith/1": text { .bool($0.hasSuffix($1)) },
    "ltrimstr/1": text { .string($0.hasPrefix($1) ? String($0.dropFirst($1.count)) : $0) },
    "rtrimstr/1": text { .string($0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0) },
    "test/1": text { text, pattern in .bool((try? Regex(pattern)).map { text.contains($0) } ?? false) },
    "contains/1": { (evaluation, arguments, input) throws(ObjectQueryError) in
      try evaluation.values(arguments[0], input).map { .bool(contains(input, $0)) }
    },
    "ascii_downcase/0": on { .string($0.tagText.lowercased()) },
    "ascii_upcase/0": on { .string($0.tagText.uppercased()) },
    "@base64/0": on { .string(Data($0.tagText.utf8).base64EncodedString()) },
    "@base64d/0": on { (value) throws(ObjectQueryError) in
      guard let data = Data(base64Encoded: value.tagText) else { throw wrong("@base64d", value) }
      return .string(String(decoding: data, as: UTF8.self))
    },
  ]

  private static func text(_ body: @escaping @Sendable (String, String) -> Value) -> Function {
    { (evaluation, arguments, input) throws(ObjectQueryError) in
      guard let text = input.stringValue else { throw wrong("this function", input) }
      return try evaluation.values(arguments[0], input).map { body(text, $0.tagText) }
    }
  }

  private static func contains(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.string(let a), .string(let b)): a.contains(b)
    case (.array(let a), .array(let b)): b.allSatisfy { wanted in a.contains { contains($0, wanted) } }
    case (.object(let a), .object(let b)): b.allSatisfy { name, value in a[name].map { contains($0, value) } ?? false }
    default: a == b
    }
  }
}

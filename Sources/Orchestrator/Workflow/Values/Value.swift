import OrderedCollections

/// A JSON value that keeps what Foundation's loses: the order of keys, and whether a number was written as an integer.
public enum Value: Hashable, Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([Value])
  case object(OrderedDictionary<String, Value>)
}

extension Value {
  /// The member of an object, or nil when this is no object or has no such key.
  public subscript(key: String) -> Value? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  public var stringValue: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  public var arrayValue: [Value]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  public var objectValue: OrderedDictionary<String, Value>? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  /// The text a template tag is replaced by: strings as they are, everything else as compact JSON.
  public var tagText: String {
    guard case .string(let text) = self else { return jsonText() }
    return text
  }

  /// Builds an object, leaving out members whose value is nil.
  public static func record(_ members: KeyValuePairs<String, Value?>) -> Value {
    var object = OrderedDictionary<String, Value>()
    for (key, value) in members {
      if let value { object[key] = value }
    }
    return .object(object)
  }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
}

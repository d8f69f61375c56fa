import RunFiles

/// A member of an action that is missing or of another type than the protocol says.
struct MemberError: Error, Equatable {
  let reason: String
}

/// Reads the members of one action's JSON object. `null` counts as absent.
struct MemberReader {
  /// The action's kind, for messages.
  let action: String
  let members: [String: JSONValue]

  func text(_ key: String) throws(MemberError) -> String { try require(key, optionalText(key)) }

  func integer(_ key: String) throws(MemberError) -> Int { try require(key, optionalInteger(key)) }

  func boolean(_ key: String) throws(MemberError) -> Bool { try require(key, optionalBoolean(key)) }

  func object(_ key: String) throws(MemberError) -> [String: JSONValue] {
    try require(key, optionalObject(key))
  }

  func optionalText(_ key: String) throws(MemberError) -> String? {
    try optional(key, "a string") { $0.text }
  }

  func optionalInteger(_ key: String) throws(MemberError) -> Int? {
    try optional(key, "a whole number") { $0.integer }
  }

  func optionalBoolean(_ key: String) throws(MemberError) -> Bool? {
    try optional(key, "true or false") { if case .bool(let value) = $0 { value } else { nil } }
  }

  func texts(_ key: String) throws(MemberError) -> [String]? {
    try optional(key, "a list of strings") { value in
      guard case .array(let elements) = value else { return nil }
      let texts = elements.compactMap(\.text)
      return texts.count == elements.count ? texts : nil
    }
  }

  /// A map from strings to strings or null.
  func textMap(_ key: String) throws(MemberError) -> [String: String?]? {
    guard let object = try optionalObject(key) else { return nil }
    var map: [String: String?] = [:]
    for (name, value) in object {
      guard value == .null || value.text != nil else {
        throw MemberError(reason: "\(action).\(key).\(name) is neither a string nor null")
      }
      map.updateValue(value.text, forKey: name)
    }
    return map
  }

  private func optionalObject(_ key: String) throws(MemberError) -> [String: JSONValue]? {
    try optional(key, "an object") { if case .object(let value) = $0 { value } else { nil } }
  }

  private func optional<Value>(
    _ key: String, _ expected: String, _ convert: (JSONValue) -> Value?
  ) throws(MemberError) -> Value? {
    guard let member = members[key], member != .null else { return nil }
    guard let value = convert(member) else {
      throw MemberError(reason: "\(action).\(key) is not \(expected)")
    }
    return value
  }

  private func require<Value>(_ key: String, _ value: Value?) throws(MemberError) -> Value {
    guard let value else { throw MemberError(reason: "\(action).\(key) is missing") }
    return value
  }
}

extension JSONValue {
  public static func whole(_ value: Int) -> JSONValue { .number(String(value)) }

  static func texts(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }

  static func textMap(_ values: [String: String?]) -> JSONValue {
    .object(values.mapValues { $0.map(JSONValue.string) ?? .null })
  }

  static func textMap(_ values: [String: String]) -> JSONValue {
    .object(values.mapValues(JSONValue.string))
  }

  /// An object without the members that are nil.
  static func object(present members: [String: JSONValue?]) -> JSONValue {
    .object(members.compactMapValues { $0 })
  }
}

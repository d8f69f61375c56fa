import GRDB
import WorkflowCore

/// A row that this program cannot have written: damaged, or newer than the program. It is an error like any other, never
/// a trap.
struct DamagedRow: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

extension Row {
  func value<Column: DatabaseValueConvertible>(_ name: String, as type: Column.Type = Column.self) throws -> Column {
    do {
      return try decode(forColumn: name)
    } catch {
      throw DamagedRow("column '\(name)' holds no \(type)")
    }
  }

  func timestamp(_ name: String) throws -> Timestamp? { try value(name, as: Int64?.self).map(Timestamp.init) }

  func index(_ name: String) throws -> NodeIndex? { try value(name, as: Int?.self).map(NodeIndex.init) }

  /// Reads a word of a closed set.
  func word<Word: RawRepresentable<String>>(_ name: String) throws -> Word {
    let text: String = try value(name)
    guard let word = Word(rawValue: text) else { throw DamagedRow("column '\(name)' holds '\(text)', no \(Word.self)") }
    return word
  }

  func optionalWord<Word: RawRepresentable<String>>(_ name: String) throws -> Word? {
    guard try value(name, as: String?.self) != nil else { return nil }
    return try word(name) as Word
  }

  func json(_ name: String) throws -> WorkflowCore.Value {
    do {
      return try WorkflowCore.Value(json: value(name, as: String.self))
    } catch let error as JSONError {
      throw DamagedRow("column '\(name)' holds no JSON: \(error)")
    }
  }

  func optionalJSON(_ name: String) throws -> WorkflowCore.Value? {
    try value(name, as: String?.self) == nil ? nil : json(name)
  }

  func parameters(_ name: String) throws -> [ParameterValue] {
    guard let parameters = ParameterText.decode(try json(name)) else {
      throw DamagedRow("column '\(name)' holds no list of names and values")
    }
    return parameters
  }
}

extension Row {
  func artifacts(_ name: String) throws -> [ArtifactValue] {
    guard let list = try optionalJSON(name) else { return [] }
    guard let artifacts = ArtifactText.decode(list) else {
      throw DamagedRow("column '\(name)' holds no list of artifacts")
    }
    return artifacts
  }
}

/// Artifacts in a column: a JSON list of `{name, location}`; NULL when there are none.
enum ArtifactText {
  static func encode(_ artifacts: [ArtifactValue]) -> String? {
    guard !artifacts.isEmpty else { return nil }
    return Value.array(artifacts.map { .record(["name": .string($0.name), "location": $0.location]) }).jsonText()
  }

  /// Nil when the value is anything else.
  static func decode(_ list: Value) -> [ArtifactValue]? {
    guard let entries = list.arrayValue else { return nil }
    let artifacts = entries.compactMap { entry -> ArtifactValue? in
      guard let name = entry["name"]?.stringValue, let location = entry["location"] else { return nil }
      return ArtifactValue(name: name, location: location)
    }
    return artifacts.count == entries.count ? artifacts : nil
  }
}

/// Parameters in a column: a JSON list of `{name, value}`.
enum ParameterText {
  static func encode(_ parameters: [ParameterValue]) -> String {
    Value.array(parameters.map { .record(["name": .string($0.name), "value": .string($0.value)]) }).jsonText()
  }

  /// Nil when the value is anything else.
  static func decode(_ list: Value) -> [ParameterValue]? {
    guard let entries = list.arrayValue else { return nil }
    let parameters = entries.compactMap { entry -> ParameterValue? in
      guard let name = entry["name"]?.stringValue, let value = entry["value"]?.stringValue else { return nil }
      return ParameterValue(name: name, value: value)
    }
    return parameters.count == entries.count ? parameters : nil
  }
}

/// What a field may hold.
indirect enum FieldType: Hashable, Sendable {
  /// Text only; a bare number or boolean is a mistake.
  case text
  /// Text, a number or a boolean, all taken as text: the values of parameters.
  case scalar
  case flag
  case integer
  case number
  /// A whole number, or text (that may hold a tag).
  case intOrText
  /// A Kubernetes quantity: a number, or text such as `500m`.
  case quantity
  /// Whatever JSON holds.
  case any
  case list(FieldType)
  /// Keys of the user's own choosing.
  case map(FieldType)
  /// An object with the fields of the type of this name.
  case object(String)
}

/// One object type: its fields in the order of the table.
struct ObjectType: Sendable {
  let name: String
  var fields: [String: FieldType] = [:]
  var fieldNames: [String] = []
}

/// The fields of every object that can stand in a workflow file, and what they hold.
///
/// The tables are text: a type's name, and below it lines of `TYPE: field field ...`, where TYPE is `text`, `[T]` for a
/// list, `{T}` for a map with free keys, or another type's name.
struct Schema: Sendable {
  let types: [String: ObjectType]

  static let argo = Schema(tables: [
    workflowTypes, templateTypes, artifactTypes, podTypes, volumeTypes,
  ])

  init(tables: [String]) {
    var types: [String: ObjectType] = [:]
    var current: ObjectType?
    for line in tables.joined(separator: "\n").split(separator: "\n") {
      if line.first != " " {
        if let current { types[current.name] = current }
        current = ObjectType(name: String(line))
      } else {
        current?.addFields(line)
      }
    }
    if let current { types[current.name] = current }
    self.types = types
  }
}

extension ObjectType {
  fileprivate mutating func addFields(_ line: Substring) {
    let words = line.split(separator: " ")
    guard let word = words.first, let type = FieldType(word.dropLast()) else { return }
    for name in words.dropFirst().map(String.init) {
      fields[name] = type
      fieldNames.append(name)
    }
  }
}

extension FieldType {
  private static let words: [String: FieldType] = [
    "text": .text, "scalar": .scalar, "flag": .flag, "integer": .integer, "number": .number,
    "intOrText": .intOrText, "quantity": .quantity, "any": .any,
  ]

  init?(_ word: Substring) {
    guard let first = word.first else { return nil }
    switch first {
    case "[", "{":
      guard let inner = FieldType(word.dropFirst().dropLast()) else { return nil }
      self = first == "[" ? .list(inner) : .map(inner)
    default: self = Self.words[String(word)] ?? .object(String(word))
    }
  }
}

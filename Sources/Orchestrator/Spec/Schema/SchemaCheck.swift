import WorkflowCore

/// Compares an object with the table of its type: unknown keys, and values of another type than the field holds.
struct SchemaCheck {
  var schema = Schema.argo

  func check(_ cursor: SpecCursor, as type: FieldType) {
    if cursor.node.isNull { return }
    switch type {
    case .any: break
    case .list(let element): checkList(cursor, of: element)
    case .map(let value): checkMap(cursor, of: value)
    case .object(let name): checkObject(cursor, typeName: name)
    default: checkScalar(cursor, type)
    }
  }

  private func checkList(_ cursor: SpecCursor, of element: FieldType) {
    guard case .list = cursor.node.content else { return reportType(cursor, .list(element)) }
    for child in cursor.elements { check(child, as: element) }
  }

  private func checkMap(_ cursor: SpecCursor, of value: FieldType) {
    guard case .object = cursor.node.content else { return reportType(cursor, .map(value)) }
    for member in cursor.members { check(member.value, as: value) }
  }

  private func checkObject(_ cursor: SpecCursor, typeName: String) {
    guard let type = schema.types[typeName] else { return }
    guard case .object = cursor.node.content else { return reportType(cursor, .object(typeName)) }
    for member in cursor.node.members {
      guard let fieldType = type.fields[member.key.value] else {
        reportUnknown(member.key, in: type, cursor)
        continue
      }
      check(cursor.cursor(to: member), as: fieldType)
    }
  }

  private func reportUnknown(_ key: Located<String>, in type: ObjectType, _ cursor: SpecCursor) {
    // Finding what was meant takes time.
    guard !cursor.log.isFull else { return }
    cursor.report(
      .unknownKey, at: key.position, "unknown key '\(key.value)' in \(label(of: type, cursor.path))",
      hint: hint(for: key.value, in: type))
  }

  private func label(of type: ObjectType, _ path: SpecPath) -> String {
    if let words = Self.words[type.name] { return words }
    return path.lastKey.map { "'\($0)'" } ?? "a \(type.name)"
  }

  private func hint(for key: String, in type: ObjectType) -> String? {
    if let hint = didYouMean(key, among: type.fieldNames) { return hint }
    guard !type.fieldNames.isEmpty else { return "nothing can be set here: write {}" }
    let owners = schema.types.values.filter { $0.fields[key] != nil }.map(\.name)
    if let owner = ["WorkflowSpec", "Template", "WorkflowStep", "Container", "Parameter"].first(where: owners.contains)
    {
      return "'\(key)' belongs to \(Self.words[owner] ?? owner)"
    }
    return type.fieldNames.count <= 8 ? "known keys: " + type.fieldNames.sorted().joined(separator: ", ") : nil
  }

  private static let words = [
    "WorkflowSpec": "the spec of a workflow", "Template": "a template", "WorkflowStep": "a step", "DAGTask": "a task",
    "Container": "a container", "Parameter": "a parameter", "Artifact": "an artifact",
  ]
}

// MARK: Scalars

extension SchemaCheck {
  private func checkScalar(_ cursor: SpecCursor, _ type: FieldType) {
    guard let scalar = cursor.node.scalar, accepts(scalar.value, as: type) else {
      return reportType(cursor, type)
    }
    if type == .scalar { warnIfAltered(cursor, scalar) }
    if type == .text, scalar.value.stringValue == nil { warnIfNotText(cursor, scalar) }
  }

  private func accepts(_ value: Value, as type: FieldType) -> Bool {
    switch (type, value) {
    case (.text, .string), (.text, .int), (.text, .double), (.text, .bool), (.flag, .bool), (.integer, .int),
      (.number, .int), (.number, .double):
      true
    case (.intOrText, .int), (.intOrText, .string): true
    case (.quantity, .int), (.quantity, .double), (.quantity, .string): true
    case (.integer, .double(let number)), (.intOrText, .double(let number)): number == number.rounded()
    case (.scalar, _): true
    default: false
    }
  }

  private func reportType(_ cursor: SpecCursor, _ type: FieldType) {
    let name = cursor.path.lastKey.map { "'\($0)'" } ?? "this"
    cursor.report(
      .wrongType, "\(name) must be \(type.words), not \(cursor.node.kindName)", hint: typeHint(cursor, type))
  }

  private func typeHint(_ cursor: SpecCursor, _ type: FieldType) -> String? {
    switch (type, cursor.node.content) {
    case (.text, .scalar(let scalar)): return "write it in quotes: \"\(scalar.text)\""
    case (.text, .object(let members)), (.scalar, .object(let members)), (.intOrText, .object(let members)),
      (.quantity, .object(let members)):
      return members.isEmpty ? nil : "text that begins with { needs quotes"
    case (.flag, .scalar(let scalar)) where scalar.style == .quoted && ["true", "false"].contains(scalar.text):
      return "write it without quotes: \(scalar.text)"
    case (.integer, .scalar(let scalar)) where scalar.style == .quoted && Int(scalar.text) != nil:
      return "write it without quotes: \(scalar.text)"
    case (.list, .object), (.list, .scalar): return "begin each element with '- '"
    default: return nil
    }
  }

  /// Argo's own reader makes text of numbers and booleans; the Kubernetes API refuses them.
  private func warnIfNotText(_ cursor: SpecCursor, _ scalar: SpecNode.Scalar) {
    let name = cursor.path.lastKey.map { "'\($0)'" } ?? "this"
    cursor.report(
      .wrongType, severity: .warning, "\(name) takes text, not \(cursor.node.kindName): Kubernetes would refuse it",
      hint: "write it in quotes: \"\(scalar.text)\"")
  }

  /// `value: 010` reaches the step as `8`: legal, and rarely meant.
  private func warnIfAltered(_ cursor: SpecCursor, _ scalar: SpecNode.Scalar) {
    guard scalar.style == .plain, scalar.value != .null, scalar.value.stringValue == nil else { return }
    let text = plainText(of: scalar.value)
    guard text != scalar.text else { return }
    cursor.report(
      .invalidValue, severity: .warning, "YAML reads \(scalar.text) as \(text), and so will the step",
      hint: "to keep it as it is, write it in quotes: \"\(scalar.text)\"")
  }
}

extension FieldType {
  fileprivate var words: String {
    switch self {
    case .text: "text"
    case .scalar: "text, a number or a boolean"
    case .flag: "true or false"
    case .integer: "a whole number"
    case .number: "a number"
    case .intOrText: "a whole number or text"
    case .quantity: "a quantity such as 500m or 8Gi"
    case .any: "anything"
    case .list(.object), .list(.list): "a list"
    case .list(let element): "a list of \(element.words)"
    case .map, .object: "an object"
    }
  }
}

extension SpecPath {
  /// The key of the nearest member on the way to the root.
  var lastKey: String? {
    switch self {
    case .root: nil
    case .member(_, let key): key
    case .element(let parent, _): parent.lastKey
    }
  }
}

/// What there is to say of fields: for `orchestrate explain`, and for the table in the documents.
public struct FieldGuide: Sendable {
  private let schema = Schema.argo
  private let meanings = FieldMeanings.argo

  public init() {}

  /// The type and the meaning of a field, and the fields below it. `path` is `workflow.spec.templates.name`.
  /// - Returns: nil with the nearest name when there is no such field.
  public func explain(_ path: String) -> Result<String, UnknownField> {
    var words = path.split(separator: ".").map(String.init)
    let roots = [
      "workflow": "Workflow", "workflowtemplate": "Workflow", "clusterworkflowtemplate": "Workflow",
      "cronworkflow": "CronWorkflow", "cronwf": "CronWorkflow", "wf": "Workflow", "wftmpl": "Workflow",
    ]
    guard let first = words.first else {
      return .failure(UnknownField(field: path, known: ["workflow", "cronworkflow"]))
    }
    guard var type = roots[first.lowercased()] else {
      return .failure(UnknownField(field: first, known: ["workflow", "cronworkflow"]))
    }
    words.removeFirst()
    var lines = ["KIND     \(type)"]
    for (place, word) in words.enumerated() {
      guard let object = schema.types[type] else { return .failure(UnknownField(field: word, known: [])) }
      guard let field = object.fields[word] else {
        return .failure(UnknownField(field: word, known: object.fieldNames))
      }
      if place == words.count - 1 {
        lines = [
          "FIELD    \(word) <\(field.typeName)>", "",
          "  " + (meanings.meaning(of: word, in: type) ?? "as Kubernetes has it"),
        ]
      }
      guard let inner = field.objectName else { return .success(lines.joined(separator: "\n")) }
      type = inner
    }
    guard let object = schema.types[type], !object.fieldNames.isEmpty else {
      return .success(lines.joined(separator: "\n"))
    }
    let width = object.fieldNames.map { $0.count + (object.fields[$0]?.typeName.count ?? 0) }.max() ?? 0
    lines += ["", "FIELDS of \(type)"]
    for name in object.fieldNames.sorted() {
      let label = "\(name) <\(object.fields[name]?.typeName ?? "")>"
      let padding = String(repeating: " ", count: max(0, width + 3 - label.count))
      lines.append("  \(label)\(padding)  \(meanings.meaning(of: name, in: type) ?? "")")
    }
    return .success(lines.joined(separator: "\n"))
  }

  /// A table for each type that has meanings, as docs/fields.md holds them.
  public var document: String {
    let types = meanings.meanings.keys.sorted()
    let tables = types.map { type -> String in
      let names = (schema.types[type]?.fieldNames ?? []).sorted()
      let rows = names.map { name in
        let text = (meanings.meaning(of: name, in: type) ?? "").replacing("|", with: "\\|")
        return "| `\(name)` | \(schema.types[type]?.fields[name]?.typeName ?? "") | \(text) |"
      }
      return (["## \(type)", "", "| field | type | meaning |", "|---|---|---|"] + rows).joined(separator: "\n")
    }
    return """
      # Fields

      What `orchestrate explain` says, as tables; `orchestrate explain --all > docs/fields.md` writes them. "For pods" means that a
      field is read, and has no effect on processes. What is not supported yet: [argo-compatibility.md](argo-compatibility.md).


      """ + tables.joined(separator: "\n\n") + "\n"
  }
}

/// There is no such field.
public struct UnknownField: Error, Hashable, Sendable {
  public let field: String
  /// The fields there are instead.
  public let known: [String]
}

extension FieldType {
  /// As the tables of fields write it.
  var typeName: String {
    switch self {
    case .text: "text"
    case .scalar: "text or number"
    case .flag: "true or false"
    case .integer: "whole number"
    case .number: "number"
    case .intOrText: "number or text"
    case .quantity: "quantity"
    case .any: "anything"
    case .list(let inner): "list of \(inner.typeName)"
    case .map(let inner): "map to \(inner.typeName)"
    case .object(let name): name
    }
  }

  /// The type of what lies below, through lists and maps.
  var objectName: String? {
    switch self {
    case .object(let name): name
    case .list(let inner), .map(let inner): inner.objectName
    default: nil
    }
  }
}

import WorkflowCore
import Yams

/// `value` as YAML in block style, with its keys in their own order.
public func yamlText(_ value: Value) -> String {
  (try? Yams.serialize(node: yamlNode(value), width: -1, allowUnicode: true)) ?? value.jsonText(indent: 2)
}

private func yamlNode(_ value: Value) -> Yams.Node {
  switch value {
  case .null: scalar("null", .null)
  case .bool(let flag): scalar(flag ? "true" : "false", .bool)
  case .int(let number): scalar(String(number), .int)
  case .double: scalar(value.jsonText(), .float)
  case .string(let text): text.isEmpty || needsQuotes(text) ? scalar(text, .str, .doubleQuoted) : scalar(text, .str)
  case .array(let elements): Yams.Node(elements.map(yamlNode), Yams.Tag(.seq), .block)
  case .object(let members):
    Yams.Node(members.map { (scalar($0.key, .str), yamlNode($0.value)) }, Yams.Tag(.map), .block)
  }
}

private func scalar(_ text: String, _ tag: Yams.Tag.Name, _ style: Yams.Node.Scalar.Style = .any) -> Yams.Node {
  .scalar(Yams.Node.Scalar(text, Yams.Tag(tag), style))
}

/// Text that would be read back as something else: `true`, `12`, `null`, a date.
private func needsQuotes(_ text: String) -> Bool {
  let word = text.lowercased()
  if ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "~"].contains(word) { return true }
  guard let first = text.first else { return true }
  return first.isNumber || first == "." || first == "-" || first == "+"
}

import GRDB
import WorkflowCore

/// A node as a row of `nodes`.
enum NodeRow {
  private static let columns = [
    "run", "number", "id", "name", "display_name", "type", "template", "owner", "boundary", "member", "item", "is_hook",
    "phase", "message", "started_at", "finished_at", "inputs", "output_parameters", "result", "exit_code", "done",
    "total",
    "attempt", "retry_at",
  ]
  /// What may differ after a node has appeared.
  private static let mutable = [
    "phase", "message", "started_at", "finished_at", "inputs", "output_parameters", "result", "exit_code", "done",
    "total",
    "attempt", "retry_at",
  ]
  private static let upsertSQL = """
    INSERT INTO nodes (\(columns.joined(separator: ", ")))
    VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))
    ON CONFLICT (run, number) DO UPDATE SET \(mutable.map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
    """

  static func upsert(_ node: Node, run: String, _ database: Database) throws {
    let identity: [(any DatabaseValueConvertible)?] = [
      run, node.index.value, node.id, node.name, node.displayName, node.type.rawValue, node.templateName,
      node.owner?.value, node.boundary?.value, node.member, node.item?.jsonText(), node.isHook,
    ]
    let state: [(any DatabaseValueConvertible)?] = [
      node.phase.rawValue, node.message, node.startedAt.milliseconds, node.finishedAt?.milliseconds,
      ParameterText.encode(node.inputs), node.outputs.map { ParameterText.encode($0.parameters) }, node.outputs?.result,
      node.outputs?.exitCode, node.progress?.done, node.progress?.total, node.attempt?.rawValue,
      node.retryAt?.milliseconds,
    ]
    try database.cachedStatement(sql: upsertSQL).execute(arguments: StatementArguments(identity + state))
  }

  static func fetchAll(_ database: Database, run: String) throws -> [Node] {
    try Row.fetchAll(database, sql: "SELECT * FROM nodes WHERE run = ? ORDER BY number", arguments: [run]).map(node)
  }

  private static func node(_ row: Row) throws -> Node {
    var node = Node(
      index: NodeIndex(row["number"]), id: row["id"], name: row["name"], displayName: row["display_name"],
      type: try parse(row["type"]), templateName: row["template"], owner: (row["owner"] as Int?).map(NodeIndex.init),
      boundary: (row["boundary"] as Int?).map(NodeIndex.init), member: row["member"],
      item: try (row["item"] as String?).map { try Value(json: $0) }, isHook: row["is_hook"],
      phase: try parse(row["phase"]), startedAt: Timestamp(milliseconds: row["started_at"]),
      inputs: try ParameterText.decode(row["inputs"]))
    node.message = row["message"]
    node.finishedAt = timestamp(row["finished_at"])
    node.outputs = try outputs(row)
    if let done = row["done"] as Int64?, let total = row["total"] as Int64? {
      node.progress = Progress(done: done, total: total)
    }
    node.attempt = try (row["attempt"] as String?).map { try parse($0) }
    node.retryAt = timestamp(row["retry_at"])
    return node
  }

  private static func outputs(_ row: Row) throws -> NodeOutputs? {
    guard let parameters = row["output_parameters"] as String? else { return nil }
    return NodeOutputs(
      parameters: try ParameterText.decode(parameters), result: row["result"], exitCode: row["exit_code"])
  }
}

func timestamp(_ milliseconds: Int64?) -> Timestamp? { milliseconds.map(Timestamp.init) }

/// Reads a word of a closed set; an unknown one means that the row is damaged or newer than this program.
func parse<Word: RawRepresentable<String>>(_ text: String) throws -> Word {
  guard let word = Word(rawValue: text) else {
    throw StateError.failed(path: "", reason: "unknown \(Word.self) '\(text)'")
  }
  return word
}

/// Parameters in a column: a JSON list of `{name, value}`.
enum ParameterText {
  static func encode(_ parameters: [ParameterValue]) -> String {
    Value.array(parameters.map { .record(["name": .string($0.name), "value": .string($0.value)]) }).jsonText()
  }

  static func decode(_ text: String) throws -> [ParameterValue] {
    try (Value(json: text).arrayValue ?? []).compactMap { entry in
      guard let name = entry["name"]?.stringValue, let value = entry["value"]?.stringValue else { return nil }
      return ParameterValue(name: name, value: value)
    }
  }
}

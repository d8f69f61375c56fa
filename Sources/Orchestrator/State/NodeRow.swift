import GRDB
import WorkflowCore

/// A node as a row of `nodes`.
enum NodeRow {
  private static let columns = [
    "run", "number", "id", "name", "display_name", "type", "template", "owner", "boundary", "member", "item", "is_hook",
    "phase", "message", "started_at", "finished_at", "inputs", "output_parameters", "result", "exit_code", "done",
    "total",
    "attempt", "retry_at", "input_artifacts", "output_artifacts",
  ]
  /// What may differ after a node has appeared.
  private static let mutable = [
    "phase", "message", "started_at", "finished_at", "inputs", "output_parameters", "result", "exit_code", "done",
    "total",
    "attempt", "retry_at", "input_artifacts", "output_artifacts",
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
      node.retryAt?.milliseconds, ArtifactText.encode(node.inputArtifacts),
      node.outputs.flatMap { ArtifactText.encode($0.artifacts) },
    ]
    try database.cachedStatement(sql: upsertSQL).execute(arguments: StatementArguments(identity + state))
  }

  /// - Throws: `DamagedRow` for rows that no run can have, so that what is restored from them is sound.
  static func fetchAll(_ database: Database, run: String) throws -> [Node] {
    let rows = try Row.fetchAll(database, sql: "SELECT * FROM nodes WHERE run = ? ORDER BY number", arguments: [run])
    let nodes = try rows.map(node)
    for (place, node) in nodes.enumerated() {
      guard node.index == NodeIndex(place) else { throw DamagedRow("node \(place) of run \(run) is missing") }
      guard [node.owner, node.boundary].allSatisfy({ $0.map { NodeIndex(0)..<node.index ~= $0 } ?? true }) else {
        throw DamagedRow("node \(place) of run \(run) appeared before its owner")
      }
    }
    return nodes
  }

  private static func node(_ row: Row) throws -> Node {
    var node = Node(
      index: NodeIndex(try row.value("number")), id: try row.value("id"), name: try row.value("name"),
      displayName: try row.value("display_name"), type: try row.word("type"), templateName: try row.value("template"),
      owner: try row.index("owner"), boundary: try row.index("boundary"), member: try row.value("member"),
      item: try row.optionalJSON("item"), isHook: try row.value("is_hook"), phase: try row.word("phase"),
      startedAt: Timestamp(milliseconds: try row.value("started_at")), inputs: try row.parameters("inputs"),
      inputArtifacts: try row.artifacts("input_artifacts"))
    node.message = try row.value("message")
    node.finishedAt = try row.timestamp("finished_at")
    node.outputs = try outputs(row)
    if let done: Int64 = try row.value("done"), let total: Int64 = try row.value("total") {
      node.progress = Progress(done: done, total: total)
    }
    node.attempt = try row.optionalWord("attempt")
    node.retryAt = try row.timestamp("retry_at")
    return node
  }

  private static func outputs(_ row: Row) throws -> NodeOutputs? {
    guard try row.value("output_parameters", as: String?.self) != nil else { return nil }
    return NodeOutputs(
      parameters: try row.parameters("output_parameters"), artifacts: try row.artifacts("output_artifacts"),
      result: try row.value("result"),
      exitCode: try row.value("exit_code"))
  }
}

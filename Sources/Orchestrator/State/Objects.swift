import GRDB
import WorkflowCore

/// An object that was kept for runs to refer to: a template, a cron workflow, a ConfigMap, a claim.
public struct StoredObject: Hashable, Sendable {
  public let kind: String
  /// Empty for kinds that belong to no namespace.
  public let namespace: String
  public let name: String
  /// The object as it was written, in JSON.
  public let manifest: Value
  public let createdAt: Timestamp
  public let updatedAt: Timestamp
  /// What has come of it, where something does (cron workflows).
  public let status: Value?

  public init(
    kind: String, namespace: String, name: String, manifest: Value, createdAt: Timestamp, updatedAt: Timestamp,
    status: Value? = nil
  ) {
    self.kind = kind
    self.namespace = namespace
    self.name = name
    self.manifest = manifest
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.status = status
  }
}

/// What became of an object that was to be kept.
public enum ObjectChange: String, Hashable, Sendable { case created, configured, unchanged }

extension StateFile {
  /// Keeps an object; one of the same kind and name is replaced, and keeps its status.
  @discardableResult
  public func keep(_ object: StoredObject) throws(StateError) -> ObjectChange {
    let change = try write { database -> ObjectChange in
      let old = try Self.fetch(object.kind, object.namespace, object.name, database)
      if old?.manifest == object.manifest { return .unchanged }
      try database.execute(
        sql: """
          INSERT INTO objects (kind, namespace, name, manifest, created_at, updated_at, status)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (kind, namespace, name)
          DO UPDATE SET manifest = excluded.manifest, updated_at = excluded.updated_at
          """,
        arguments: [
          object.kind, object.namespace, object.name, object.manifest.jsonText(), object.createdAt.milliseconds,
          object.updatedAt.milliseconds, object.status?.jsonText(),
        ])
      return old == nil ? .created : .configured
    }
    wakeEngine()
    return change
  }

  /// Replaces what is known of an object's doings.
  public func setStatus(_ status: Value, of object: StoredObject) throws(StateError) {
    try write { database in
      try database.execute(
        sql: "UPDATE objects SET status = ? WHERE kind = ? AND namespace = ? AND name = ?",
        arguments: [status.jsonText(), object.kind, object.namespace, object.name])
    }
  }

  public func object(kind: String, namespace: String, name: String) throws(StateError) -> StoredObject? {
    try read { database in try Self.fetch(kind, namespace, name, database) }
  }

  /// Every object of a kind, or of all kinds, in order of kind, namespace and name.
  public func objects(kind: String? = nil) throws(StateError) -> [StoredObject] {
    try read { database in
      let sql = "SELECT * FROM objects WHERE ?1 IS NULL OR kind = ?1 ORDER BY kind, namespace, name"
      return try Row.fetchAll(database, sql: sql, arguments: [kind]).map(Self.object)
    }
  }

  /// Forgets an object. Returns whether there was one.
  public func removeObject(kind: String, namespace: String, name: String) throws(StateError) -> Bool {
    try write { database in
      try database.execute(
        sql: "DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?", arguments: [kind, namespace, name])
      return database.changesCount > 0
    }
  }

  private static func fetch(
    _ kind: String, _ namespace: String, _ name: String, _ database: Database
  ) throws -> StoredObject? {
    let sql = "SELECT * FROM objects WHERE kind = ? AND namespace = ? AND name = ?"
    return try Row.fetchOne(database, sql: sql, arguments: [kind, namespace, name]).map(object)
  }

  private static func object(_ row: Row) throws -> StoredObject {
    StoredObject(
      kind: try row.value("kind"), namespace: try row.value("namespace"), name: try row.value("name"),
      manifest: try row.json("manifest"), createdAt: Timestamp(milliseconds: try row.value("created_at")),
      updatedAt: Timestamp(milliseconds: try row.value("updated_at")), status: try row.optionalJSON("status"))
  }
}

import DeltaLog
import Foundation
import RunFiles

/// The tags this program leaves on its files in the log.
enum FileTag {
  static let batch = "batch"
  static let appId = "appId"
  static let sha256 = "sha256"
  static let runId = "runId"
  static let contentDigest = "contentDigest"
  /// Where the batch's manifest lies.
  static let directory = "directory"
}

/// Decides what has to be committed for a batch, from the state of the table.
struct TableDecision {
  /// Stands for the content of a batch whose rows were deleted.
  static let deleted = "deleted"

  let batch: Batch
  let table: DeltaTable

  /// A commit that holds the batch.
  struct Settled {
    let version: Int
    /// nil when the log no longer holds the commit.
    let actions: [Action]?
  }

  /// The commit that already holds this batch with this content; nil when there is none.
  ///
  /// - Throws: `otherContent` when the table holds the batch, of this generation or a later one, with other content.
  func settled(_ snapshot: Snapshot?) throws -> Settled? {
    guard let snapshot, let done = snapshot.transaction(of: batch.appId), done.version >= batch.generation
    else { return nil }
    let version = try table.version(of: done, appId: batch.appId)
    let recorded = try version.map(digest(ofCommit:)) ?? digest(ofFilesIn: snapshot)
    if recorded == Self.deleted {
      throw ConsolidateError.batchDeleted(
        batch: batch.name, version: version ?? snapshot.version, generation: done.version + 1)
    }
    guard recorded == batch.contentDigest else {
      throw ConsolidateError.otherContent(
        batch: batch.name, version: version ?? snapshot.version, recorded: recorded, found: batch.contentDigest,
        generation: done.version + 1)
    }
    guard let version else { return Settled(version: snapshot.version, actions: nil) }
    return Settled(version: version, actions: try table.actions(of: version))
  }

  private func digest(ofCommit version: Int) throws -> String {
    try table.commitInfo(of: version)?.members["contentDigest"]?.text ?? "none"
  }

  /// Where commits were cleaned up, the files still say whose they are; those of a deleted batch are gone.
  private func digest(ofFilesIn snapshot: Snapshot) -> String {
    let own = snapshot.files.first { $0.tag(FileTag.appId) == batch.appId }
    return own.map { $0.tag(FileTag.contentDigest) ?? "none" } ?? Self.deleted
  }

  /// The commit that adds the batch to this state of the table.
  ///
  /// - Parameter replaced: files that a merge by key wrote anew.
  func proposal(
    on snapshot: Snapshot?, files: [AddedFile], replaced: [AddedFile] = [], info: [String: JSONValue]
  ) throws -> CommitProposal {
    let now = Int(Date().timeIntervalSince1970 * 1000)
    let partitions = batch.mode.name == .append ? [batch.partitionValues] : touched(files)
    let removed = try snapshot.map { try replacedFiles($0, partitions) + replaced } ?? []
    let transaction = AppTransaction(appId: batch.appId, version: batch.generation, lastUpdated: now)
    var actions: [Action] = try schemaActions(snapshot)
    actions.append(.txn(transaction))
    actions += removed.map { .remove(RemovedFile($0, deletedAt: now)) }
    actions += files.map(Action.add)
    return CommitProposal(
      operation: batch.mode.name == .mergeByKey ? "MERGE" : "WRITE", operationParameters: parameters, info: info,
      actions: actions, readPartitions: partitions)
  }

  /// The partitions that the files lie in; all of the batch's where it has but one.
  private func touched(_ files: [AddedFile]) -> [[String: String?]] {
    guard batch.mode.name == .overwritePartitions, !batch.dataPartition.isEmpty else { return [batch.partitionValues] }
    return Array(Set(files.map(\.partitionValues)))
  }

  private var parameters: [String: String] {
    let columns = JSONValue.array(batch.partitionColumns.map { .string($0) })
    var parameters = ["partitionBy": columns.canonicalText]
    switch batch.mode {
    case .append: parameters["mode"] = batch.generation == 1 ? "Append" : "Overwrite"
    case .overwritePartitions: parameters["mode"] = "Overwrite"
    case .mergeByKey(let keys, let updates):
      parameters["key"] = JSONValue.array(keys.map { .string($0) }).canonicalText
      parameters["matched"] = updates ? "update" : "keep"
    }
    return parameters
  }

  /// `protocol` and `metaData` for a new table, new `metaData` where columns are added, else nothing.
  private func schemaActions(_ snapshot: Snapshot?) throws -> [Action] {
    let columns = batch.partitionColumns
    guard let snapshot else {
      // Nullable whatever the parts say, so that a later batch may lack a column.
      let fields = batch.schema.fields.map { TableSchema.Field($0.name, $0.type) }
      return table.creation(schema: TableSchema(fields), partitionColumns: columns)
    }
    guard Set(snapshot.metadata.partitionColumns) == Set(columns) else {
      throw ConsolidateError.partitionColumns(table: snapshot.metadata.partitionColumns, batch: columns)
    }
    guard let evolved = try snapshot.schema.evolved(toHold: batch.schema(fitting: snapshot.schema)) else { return [] }
    var metadata = snapshot.metadata
    metadata.schemaString = evolved.schemaString
    return [.metaData(metadata)]
  }

  /// The files a commit takes the place of, besides those that a merge by key names itself.
  private func replacedFiles(_ snapshot: Snapshot, _ partitions: [[String: String?]]) throws -> [AddedFile] {
    switch batch.mode {
    case .mergeByKey: []
    case .overwritePartitions:
      snapshot.files.filter { file in
        partitions.contains { $0.isContained(in: file.partitionValues) }
          || (batch.generation > 1 && file.tag(FileTag.batch) == batch.name)
      }
    case .append: try replacedByGeneration(snapshot)
    }
  }

  /// The files that a commit of this generation takes the place of: none for the first.
  private func replacedByGeneration(_ snapshot: Snapshot) throws -> [AddedFile] {
    let present = snapshot.files(in: batch.partitionValues)
    let own = present.filter { $0.tag(FileTag.batch) == batch.name }
    guard batch.generation > 1 else {
      guard let file = own.first else { return [] }
      throw ConsolidateError.otherSchemaVersion(batch: batch.name, file: file.path, generation: 2)
    }
    // Files without our tag come from other writers, or from a compaction that dropped it.
    let untagged = present.filter { $0.tag(FileTag.batch) == nil }
    if let file = untagged.first, !batch.ownsPartition {
      throw ConsolidateError.foreignFiles(partition: batch.directory, file: file.path)
    }
    return own + untagged
  }
}

extension Batch {
  /// The batch's columns, with the table's own type for a partition column whose text can be read as one.
  ///
  /// Partition values are text in the log, so `2013-07-04` is as good a string as it is a date.
  func schema(fitting table: TableSchema) -> TableSchema {
    let values = Dictionary(uniqueKeysWithValues: partition.map { ($0.name, $0.value) })
    return TableSchema(
      schema.fields.map { field in
        guard let value = values[field.name], let known = table[field.name], known.type.canRead(value) else {
          return field
        }
        return TableSchema.Field(field.name, known.type, nullable: false)
      })
  }
}

extension DataType {
  fileprivate func canRead(_ text: String) -> Bool {
    switch self {
    case .string: true
    case .date: CalendarText.days(date: text) != nil
    case .integer: Int32(text) != nil
    case .long: Int(text) != nil
    default: false
    }
  }
}

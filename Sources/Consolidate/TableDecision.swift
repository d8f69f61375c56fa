import DeltaLog
import Foundation
import RunFiles

/// The tags this program leaves on its files in the log.
enum FileTag {
  static let batch = "batch"
  static let appId = "appId"
  static let sha256 = "sha256"
}

/// Decides what has to be committed for a batch, from the state of the table.
struct TableDecision {
  let batch: Batch
  let table: DeltaTable

  /// The version that already holds this batch with this content; nil when there is none.
  ///
  /// - Throws: `otherContent` when the table holds the batch, of this generation or a later one, with other content.
  func settledVersion(_ snapshot: Snapshot?) throws -> Int? {
    guard let done = snapshot?.transaction(of: batch.appId), done.version >= batch.generation else { return nil }
    let recorded = try table.commitInfo(of: done.committedIn)?.members["contentDigest"]?.text ?? "none"
    guard recorded == batch.contentDigest else {
      throw ConsolidateError.otherContent(
        batch: batch.name, version: done.committedIn, recorded: recorded, found: batch.contentDigest,
        generation: done.version + 1)
    }
    return done.committedIn
  }

  /// The commit that adds the batch to this state of the table.
  func proposal(
    on snapshot: Snapshot?, files: [AddedFile], info: [String: JSONValue]
  ) throws -> CommitProposal {
    let now = Int(Date().timeIntervalSince1970 * 1000)
    let replaced = try snapshot.map(replacedFiles) ?? []
    let transaction = AppTransaction(appId: batch.appId, version: batch.generation, lastUpdated: now)
    var actions: [Action] = try schemaActions(snapshot)
    actions.append(.txn(transaction))
    actions += replaced.map { .remove(RemovedFile($0, deletedAt: now)) }
    actions += files.map(Action.add)
    return CommitProposal(
      operation: "WRITE", operationParameters: parameters, info: info, actions: actions,
      readPartitions: [batch.partitionValues])
  }

  private var parameters: [String: String] {
    let columns = JSONValue.array(batch.partition.map { .string($0.name) })
    return ["mode": batch.generation == 1 ? "Append" : "Overwrite", "partitionBy": columns.canonicalText]
  }

  /// `protocol` and `metaData` for a new table, new `metaData` where columns are added, else nothing.
  private func schemaActions(_ snapshot: Snapshot?) throws -> [Action] {
    let columns = batch.partition.map(\.name)
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

  /// The files a commit of this generation takes the place of: none for the first.
  private func replacedFiles(_ snapshot: Snapshot) throws -> [AddedFile] {
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

import DeltaLog
import RunFiles

/// What is merged at a time: the rows of one run, under the name by which the table knows them.
struct Batch {
  /// The column of a table's partition and the batch's value of it.
  struct PartitionColumn: Equatable {
    let name: String
    let value: String

    /// A calendar date in a column that is called one is a `date`; everything else is a `string`.
    ///
    /// By name as well as by value, so that a model version that looks like a date stays text.
    var type: DataType {
      let isNamedDate = name == "date" || name.hasSuffix("_date")
      return isNamedDate && CalendarText.days(date: value) != nil ? .date : .string
    }
  }

  /// The labels that tell batches apart, whatever the table is partitioned by.
  static let identifyingLabels = ["date", "model_version"]

  /// A partition column whose values stand in the rows.
  struct DataColumn: Equatable {
    let name: String
    let type: DataType
  }

  /// With one value for the whole batch, in the order of the table's partition columns.
  let partition: [PartitionColumn]
  /// Behind those.
  let dataPartition: [DataColumn]
  let mode: MergeMode
  /// `2013-07-04/v1`: the same for every generation and schema version.
  let name: String
  let schemaVersion: Int
  let generation: Int
  let schema: TableSchema
  /// SHA-256 over the parts' hashes, the columns and the partition values: equal for equal content.
  let contentDigest: String
  /// Whether the partition holds nothing but this batch.
  let ownsPartition: Bool

  /// - Parameters:
  ///   - partition: columns with values given by flags; empty for the plan's `date` and `model_version`.
  ///   - dataPartition: columns of the parts that partition the rows further.
  init(
    _ run: StagedRun, partition: [PartitionColumn], dataPartition: [String] = [], mode: MergeMode = .append,
    generation: Int
  ) throws {
    let labels = run.plan.run
    self.partition = try Self.partition(partition, dataPartition, labels)
    self.dataPartition = try dataPartition.map { try Self.dataColumn($0, run.columns) }
    self.mode = mode
    self.generation = generation
    schemaVersion = run.plan.model.schemaVersion
    let identity = Self.identity(self.partition, labels)
    name = identity.isEmpty ? "run-\(run.plan.digest.prefix(16))" : identity.map(\.value).joined(separator: "/")
    let names = self.partition.map(\.name)
    ownsPartition = !identity.isEmpty && identity.allSatisfy { names.contains($0.name) }
    schema = try Self.schema(run.columns, self.partition, self.dataPartition)
    contentDigest = Self.digest(run, self.partition, self.dataPartition, mode)
    for column in mode.keyColumns where schema[column] == nil { throw ConsolidateError.noKeyColumn(name: column) }
  }

  /// The name of this batch's transactions in the table. Merges by key may follow each other with other rows, so that
  /// each content is a transaction of its own.
  var appId: String {
    let base = "\(name)/schema=v\(schemaVersion)"
    return mode.name == .mergeByKey ? "\(base)/content=\(contentDigest.prefix(16))" : base
  }

  /// The table's partition columns.
  var partitionColumns: [String] { partition.map(\.name) + dataPartition.map(\.name) }

  /// The parts' columns that go into the files.
  func fileColumns(_ columns: [String]) -> [String] {
    columns.filter { name in !dataPartition.contains { $0.name == name } }
  }

  var partitionValues: [String: String?] {
    Dictionary(uniqueKeysWithValues: partition.map { ($0.name, $0.value) })
  }

  /// Where the batch's files lie, relative to the table: `schema=v1/model_version=v1/date=2013-07-04`.
  ///
  /// The model version comes first, so that the files of one are together; then the columns in their order.
  var directory: String {
    let ordered = partition.filter { $0.name == "model_version" } + partition.filter { $0.name != "model_version" }
    return
      (["schema=v\(schemaVersion)"]
      + ordered.map { "\($0.name)=\(PercentEncoding.encode(directory: $0.value))" }).joined(separator: "/")
  }

  /// Without flags, the labels that are no columns of the parts.
  private static func partition(
    _ given: [PartitionColumn], _ dataPartition: [String], _ labels: [String: String]
  ) throws -> [PartitionColumn] {
    guard given.isEmpty else { return given }
    let names = identifyingLabels.filter { !dataPartition.contains($0) }
    // With columns of the parts to partition by, labels are welcome and not needed.
    return try names.compactMap { dataPartition.isEmpty || labels[$0] != nil ? try column($0, labels) : nil }
  }

  private static func dataColumn(_ name: String, _ columns: [OutputField]) throws -> DataColumn {
    guard let column = columns.first(where: { $0.name == name }) else {
      throw ConsolidateError.noPartitionColumn(name: name, columns: columns.map(\.name))
    }
    let type = try DeltaColumn.type(of: column)
    guard [.string, .integer, .long, .date, .boolean].contains(type) else {
      throw ConsolidateError.unfitForPartition(name: name, type: column.type)
    }
    return DataColumn(name: name, type: type)
  }

  private static func column(_ name: String, _ labels: [String: String]) throws -> PartitionColumn {
    guard let value = labels[name] else { throw ConsolidateError.labelMissing(name: name) }
    return PartitionColumn(name: name, value: value)
  }

  private static func identity(_ partition: [PartitionColumn], _ labels: [String: String]) -> [PartitionColumn] {
    let given = Dictionary(uniqueKeysWithValues: partition.map { ($0.name, $0.value) })
    let usual = identifyingLabels.compactMap { name in
      (given[name] ?? labels[name]).map { PartitionColumn(name: name, value: $0) }
    }
    return usual + partition.filter { !identifyingLabels.contains($0.name) }
  }

  private static func schema(
    _ columns: [OutputField], _ partition: [PartitionColumn], _ dataPartition: [DataColumn]
  ) throws -> TableSchema {
    let inFiles = columns.filter { column in !dataPartition.contains { $0.name == column.name } }
    let data = try inFiles.map { column in
      if partition.contains(where: { $0.name.lowercased() == column.name.lowercased() }) {
        throw ConsolidateError.partitionColumnInParts(name: column.name)
      }
      return TableSchema.Field(column.name, try DeltaColumn.type(of: column), nullable: column.nullable)
    }
    return TableSchema(
      data + partition.map { TableSchema.Field($0.name, $0.type, nullable: false) }
        + dataPartition.map { TableSchema.Field($0.name, $0.type) })
  }

  private static func digest(
    _ run: StagedRun, _ partition: [PartitionColumn], _ dataPartition: [DataColumn], _ mode: MergeMode
  ) -> String {
    let columns = run.columns.map { column in
      JSONValue.object([
        "name": .string(column.name), "type": .string(column.type), "nullable": .bool(column.nullable),
      ])
    }
    let values = partition.map { ($0.name, JSONValue.string($0.value)) }
    var content: [String: JSONValue] = [
      "parts": .array(run.parts.map { .string($0.part.sha256) }), "schema": .array(columns),
      "partition": .object(Dictionary(uniqueKeysWithValues: values)),
    ]
    if !dataPartition.isEmpty { content["partition_by"] = .array(dataPartition.map { .string($0.name) }) }
    if case .mergeByKey(let columns, let updates) = mode {
      content["key"] = .array(columns.map(JSONValue.string))
      content["update"] = .bool(updates)
    }
    return FileDigest.sha256(of: JSONValue.object(content).canonicalText)
  }
}

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

  /// In the order of the table's partition columns.
  let partition: [PartitionColumn]
  /// `2013-07-04/v1`: the same for every generation and schema version.
  let name: String
  let schemaVersion: Int
  let generation: Int
  let schema: TableSchema
  /// SHA-256 over the parts' hashes, the columns and the partition values: equal for equal content.
  let contentDigest: String
  /// Whether the partition holds nothing but this batch.
  let ownsPartition: Bool

  /// - Parameter partition: columns with values given by flags; empty for the plan's `date` and `model_version`.
  init(_ run: StagedRun, partition: [PartitionColumn], generation: Int) throws {
    let labels = run.plan.run
    self.partition =
      partition.isEmpty
      ? try Self.identifyingLabels.map { try Self.column($0, labels) } : partition
    self.generation = generation
    schemaVersion = run.plan.model.schemaVersion
    let identity = Self.identity(self.partition, labels)
    name = identity.map(\.value).joined(separator: "/")
    let names = self.partition.map(\.name)
    ownsPartition = identity.allSatisfy { names.contains($0.name) }
    schema = try Self.schema(run.columns, self.partition)
    contentDigest = Self.digest(run, self.partition)
  }

  /// The name of this batch's transactions in the table.
  var appId: String { "\(name)/schema=v\(schemaVersion)" }

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
    _ columns: [OutputField], _ partition: [PartitionColumn]
  ) throws -> TableSchema {
    let data = try columns.map { column in
      if partition.contains(where: { $0.name.lowercased() == column.name.lowercased() }) {
        throw ConsolidateError.partitionColumnInParts(name: column.name)
      }
      return TableSchema.Field(column.name, try DeltaColumn.type(of: column), nullable: column.nullable)
    }
    return TableSchema(data + partition.map { TableSchema.Field($0.name, $0.type, nullable: false) })
  }

  private static func digest(_ run: StagedRun, _ partition: [PartitionColumn]) -> String {
    let columns = run.columns.map { column in
      JSONValue.object([
        "name": .string(column.name), "type": .string(column.type), "nullable": .bool(column.nullable),
      ])
    }
    let values = partition.map { ($0.name, JSONValue.string($0.value)) }
    let content = JSONValue.object([
      "parts": .array(run.parts.map { .string($0.part.sha256) }), "schema": .array(columns),
      "partition": .object(Dictionary(uniqueKeysWithValues: values)),
    ])
    return FileDigest.sha256(of: content.canonicalText)
  }
}

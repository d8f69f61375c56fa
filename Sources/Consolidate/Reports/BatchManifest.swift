import DeltaLog
import Foundation
import RunFiles

/// `_batch_manifest.json`: what was committed for a batch, beside its files. Its layout is documented in
/// `docs/table.md`.
struct BatchManifest: RunFile, Equatable {
  static let kind: String? = "manifest"
  static let format = 1
  static let fileName = "_batch_manifest.json"

  /// Always `complete`: a batch that is not has no manifest.
  var status = "complete"
  /// Rows in the table; the name is the one consumers of batch jobs look for.
  var recordCount: Int
  /// When the batch was committed, RFC 3339.
  var timestamp: String
  var batch: String
  var appId: String
  var generation: Int
  /// The version of the Delta table that holds the batch.
  var tableVersion: Int
  var partition: [String: String]
  var files: [TableFile]
  var deadLetters: Int
  var schemaVersion: Int
  var schema: [OutputField]
  var model: Model
  var contentDigest: String
  var inputDigest: String
  var planDigest: String
  var timings: BatchTimings
  var cost: BatchCost?
  var createdBy: String
  /// `append`, `overwrite-partitions` or `merge-by-key`.
  var mode: String?
  var runId: String?
  /// Columns whose values partition the batch further.
  var partitionBy: [String]?
  var rowsByKey: RowsByKey?
  /// Of the numeric columns.
  var profile: [String: ColumnProfile]?
  /// The batch that `drift` compares with.
  var baseline: String?
  /// What its columns looked like.
  var baselineProfile: [String: ColumnProfile]?
  var drift: [String: Drift]?
  var checks: [CheckResult]?
  var stages: BatchStages?
  var shards: [ShardTiming]?

  /// The model that made the predictions.
  struct Model: Equatable, Codable {
    var name: String
    var version: String
    /// `aotinductor` or `torchscript`.
    var kind: String
    /// Of the weights that ran.
    var sha256: String
    /// Of `model.json`.
    var descriptionSHA256: String

    enum CodingKeys: String, CodingKey {
      case name, version, kind, sha256
      case descriptionSHA256 = "description_sha256"
    }
  }

  enum CodingKeys: String, CodingKey {
    case status, timestamp, batch, generation, partition, files, schema, model, timings, cost
    case mode, profile, baseline, drift, checks, stages, shards
    case runId = "run_id"
    case partitionBy = "partition_by"
    case baselineProfile = "baseline_profile"
    case rowsByKey = "rows_by_key"
    case recordCount = "record_count"
    case appId = "app_id"
    case tableVersion = "table_version"
    case deadLetters = "dead_letters"
    case schemaVersion = "schema_version"
    case contentDigest = "content_digest"
    case inputDigest = "input_digest"
    case planDigest = "plan_digest"
    case createdBy = "created_by"
  }

  func validate(tree: JSONValue, path: String) throws(RunFileError) {
    let rows = files.reduce(0) { $0 + $1.rows }
    guard rows == recordCount else {
      throw .malformed(path: path, reason: "its files hold \(rows) rows, `record_count` is \(recordCount)")
    }
  }
}

extension BatchManifest {
  /// Reads a manifest that came from a store.
  init(from data: Data, path: String) throws {
    let tree = try JSONValue(parsing: data)
    guard tree["kind"]?.text == Self.kind, tree["format"]?.integer == Self.format else {
      throw RunFileError.malformed(path: path, reason: "not a manifest of format \(Self.format)")
    }
    self = try JSONDecoder().decode(Self.self, from: data)
    try validate(tree: tree, path: path)
  }
}

extension BatchManifest.Model {
  init?(_ run: StagedRun) {
    guard let ran = run.receipts.first?.model else { return nil }
    name = ran.name
    version = ran.version
    kind = ran.kind
    sha256 = ran.sha256
    descriptionSHA256 = run.plan.model.sha256
  }
}

extension StagedRun {
  /// SHA-256 over the input's files: their paths, sizes and footers.
  var inputDigest: String {
    let files = plan.input.files.map { file in
      JSONValue.object([
        "path": .string(file.path), "bytes": .whole(file.bytes), "footer_sha256": .string(file.footerSHA256),
      ])
    }
    return FileDigest.sha256(of: JSONValue.array(files).canonicalText)
  }
}

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

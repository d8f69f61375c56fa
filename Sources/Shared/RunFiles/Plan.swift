import Foundation

/// Which shard reads which row groups, for one run. Written by `ShardWorker plan` as `plan.json`.
///
/// The same input, model and flags give the same bytes.
public struct Plan: RunFile, Equatable {
  public static let kind: String? = "plan"
  public static let format = 1

  /// Labels of the run; `date` and `model_version` are the usual ones.
  public var run: [String: String]
  public var input: Input
  public var model: Model
  /// Further models that score the same rows in the same pass, if any.
  public var moreModels: [Model]?
  public var shards: [Shard]
  /// SHA-256 of the canonical JSON without this key.
  public private(set) var digest: String

  enum CodingKeys: String, CodingKey {
    case run, input, model, shards, digest
    case moreModels = "more_models"
  }

  /// All models, in the order of their columns in the output.
  public var models: [Model] { [model] + (moreModels ?? []) }

  /// The dataset as it was when the plan was made.
  public struct Input: Codable, Sendable, Equatable {
    /// The directory that file paths are relative to.
    public var root: String
    public var files: [File]
    /// Of the row groups that the shards hold.
    public var rows: Int
    /// The condition by which row groups were left out, if any.
    public var condition: String?

    enum CodingKeys: String, CodingKey {
      case root, files, rows
      case condition = "where"
    }

    public init(root: String, files: [File], rows: Int, condition: String? = nil) {
      self.root = root
      self.files = files
      self.rows = rows
      self.condition = condition
    }
  }

  /// One Parquet file, with what tells whether it has changed since.
  public struct File: Codable, Sendable, Equatable {
    /// Relative to the input's root.
    public var path: String
    public var bytes: Int
    public var rows: Int
    /// SHA-256 of the Thrift footer (without its length and the magic bytes).
    public var footerSHA256: String
    /// SHA-256 of the whole file, if the plan was asked to take it.
    public var sha256: String?

    enum CodingKeys: String, CodingKey {
      case path, bytes, rows, sha256
      case footerSHA256 = "footer_sha256"
    }

    public init(path: String, bytes: Int, rows: Int, footerSHA256: String, sha256: String? = nil) {
      self.sha256 = sha256
      self.path = path
      self.bytes = bytes
      self.rows = rows
      self.footerSHA256 = footerSHA256
    }
  }

  /// The model that scores the rows.
  public struct Model: Codable, Sendable, Equatable {
    /// The directory that holds `model.json`.
    public var path: String
    public var name: String
    public var version: String
    /// The version of the output's columns.
    public var schemaVersion: Int
    /// SHA-256 of `model.json`, which names the SHA-256 of the weights.
    public var sha256: String

    enum CodingKeys: String, CodingKey {
      case path, name, version, sha256
      case schemaVersion = "schema_version"
    }

    public init(path: String, name: String, version: String, schemaVersion: Int, sha256: String) {
      self.path = path
      self.name = name
      self.version = version
      self.schemaVersion = schemaVersion
      self.sha256 = sha256
    }
  }

  /// The rows of one worker, in the order in which it reads them.
  public struct Shard: Codable, Sendable, Equatable {
    public var index: Int
    public var rows: Int
    public var rowGroups: [RowGroup]

    enum CodingKeys: String, CodingKey {
      case index, rows
      case rowGroups = "row_groups"
    }

    public init(index: Int, rowGroups: [RowGroup]) {
      self.index = index
      self.rows = rowGroups.reduce(0) { $0 + $1.rows }
      self.rowGroups = rowGroups
    }
  }

  /// One row group of one of the input's files.
  public struct RowGroup: Codable, Sendable, Equatable {
    /// Position in the input's `files`.
    public var file: Int
    public var rowGroup: Int
    public var rows: Int

    enum CodingKeys: String, CodingKey {
      case file, rows
      case rowGroup = "row_group"
    }

    public init(file: Int, rowGroup: Int, rows: Int) {
      self.file = file
      self.rowGroup = rowGroup
      self.rows = rows
    }
  }

  /// Makes a plan and takes its digest.
  public init(
    run: [String: String], input: Input, model: Model, moreModels: [Model]? = nil, shards: [Shard]
  ) throws(RunFileError) {
    self.moreModels = moreModels
    self.run = run
    self.input = input
    self.model = model
    self.shards = shards
    self.digest = ""
    self.digest = Self.digest(of: try tree())
  }

  public func validate(tree: JSONValue, path: String) throws(RunFileError) {
    let found = Self.digest(of: tree)
    guard found == digest else {
      throw .digestMismatch(path: path, expected: digest, found: found)
    }
    for shard in shards {
      for group in shard.rowGroups where !input.files.indices.contains(group.file) {
        throw .malformed(
          path: path, reason: "shard \(shard.index) names file \(group.file) of \(input.files.count)")
      }
    }
  }

  private static func digest(of tree: JSONValue) -> String {
    guard case .object(var members) = tree else { return FileDigest.sha256(of: tree.canonicalText) }
    members["digest"] = nil
    return FileDigest.sha256(of: JSONValue.object(members).canonicalText)
  }
}

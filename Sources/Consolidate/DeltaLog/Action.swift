import Foundation
import RunFiles

/// One line of a commit: a change of the table's state. Kinds that are not listed here are ignored on read, as
/// the protocol demands ("Requirements for Readers").
public enum Action: Sendable, Equatable {
  case `protocol`(ProtocolVersions)
  case metaData(TableMetadata)
  case add(AddedFile)
  case remove(RemovedFile)
  case txn(AppTransaction)
  case commitInfo(CommitInfo)
}

/// What a reader and a writer must be able to do to touch the table.
public struct ProtocolVersions: Sendable, Equatable {
  public var minReaderVersion: Int
  public var minWriterVersion: Int
  /// Present only from reader version 3 on.
  public var readerFeatures: [String]?
  /// Present only from writer version 7 on.
  public var writerFeatures: [String]?

  public init(
    minReaderVersion: Int, minWriterVersion: Int,
    readerFeatures: [String]? = nil, writerFeatures: [String]? = nil
  ) {
    self.minReaderVersion = minReaderVersion
    self.minWriterVersion = minWriterVersion
    self.readerFeatures = readerFeatures
    self.writerFeatures = writerFeatures
  }
}

/// The table's identity, schema, partition columns and configuration.
public struct TableMetadata: Sendable, Equatable {
  public struct Format: Sendable, Equatable {
    public var provider: String
    public var options: [String: String]?

    public init(provider: String, options: [String: String]?) {
      self.provider = provider
      self.options = options
    }

    public static let parquet = Format(provider: "parquet", options: [:])
  }

  /// A GUID that stays the same for the life of the table.
  public var id: String
  public var name: String?
  public var description: String?
  public var format: Format
  /// The schema as Spark's JSON, see `TableSchema`.
  public var schemaString: String
  public var partitionColumns: [String]
  public var configuration: [String: String]?
  /// Milliseconds since 1970.
  public var createdTime: Int?

  public init(
    id: String, name: String? = nil, description: String? = nil, format: Format = .parquet,
    schemaString: String, partitionColumns: [String], configuration: [String: String] = [:],
    createdTime: Int?
  ) {
    self.id = id
    self.name = name
    self.description = description
    self.format = format
    self.schemaString = schemaString
    self.partitionColumns = partitionColumns
    self.configuration = configuration
    self.createdTime = createdTime
  }
}

/// A data file that becomes part of the table.
public struct AddedFile: Sendable, Equatable {
  /// Relative to the table, percent-encoded (RFC 2396), as it stands in the log.
  public var path: String
  /// A value for every partition column; nil is null.
  public var partitionValues: [String: String?]
  /// Bytes, exact.
  public var size: Int
  /// Milliseconds since 1970.
  public var modificationTime: Int
  public var dataChange: Bool
  /// Per-file statistics: a JSON text inside the JSON, see `FileStatistics`.
  public var stats: String?
  public var tags: [String: String?]?

  public init(
    path: String, partitionValues: [String: String?], size: Int, modificationTime: Int,
    dataChange: Bool = true, stats: String? = nil, tags: [String: String?]? = nil
  ) {
    self.path = path
    self.partitionValues = partitionValues
    self.size = size
    self.modificationTime = modificationTime
    self.dataChange = dataChange
    self.stats = stats
    self.tags = tags
  }

  /// Rows by the file's statistics; nil when the writer left none.
  public var numRecords: Int? {
    guard let stats, let parsed = try? JSONValue(parsing: Data(stats.utf8)) else { return nil }
    return parsed["numRecords"]?.integer
  }

  /// The tag of that name; nil when it is absent or null.
  public func tag(_ name: String) -> String? { (tags?[name] ?? nil) }
}

/// A data file that stops being part of the table. Its bytes stay until a vacuum.
public struct RemovedFile: Sendable, Equatable {
  public var path: String
  /// Milliseconds since 1970.
  public var deletionTimestamp: Int?
  public var dataChange: Bool
  public var extendedFileMetadata: Bool?
  public var partitionValues: [String: String?]?
  public var size: Int?

  public init(_ file: AddedFile, deletedAt: Int) {
    path = file.path
    deletionTimestamp = deletedAt
    dataChange = true
    extendedFileMetadata = true
    partitionValues = file.partitionValues
    size = file.size
  }
}

/// The last version of its own that an application committed: what makes a repeated write a no-op.
public struct AppTransaction: Sendable, Equatable {
  public var appId: String
  public var version: Int
  /// Milliseconds since 1970.
  public var lastUpdated: Int?

  public init(appId: String, version: Int, lastUpdated: Int?) {
    self.appId = appId
    self.version = version
    self.lastUpdated = lastUpdated
  }
}

/// Where a commit came from. The protocol leaves its members free, so they are kept as JSON.
public struct CommitInfo: Sendable, Equatable {
  public var members: [String: JSONValue]

  public init(_ members: [String: JSONValue]) { self.members = members }

  /// Milliseconds since 1970.
  public var timestamp: Int? { members["timestamp"]?.integer }
  public var operation: String? { members["operation"]?.text }
  public var engineInfo: String? { members["engineInfo"]?.text }
  /// One per attempt to commit: tells a writer that a commit it had no answer for was its own.
  public var txnId: String? { members["txnId"]?.text }
}

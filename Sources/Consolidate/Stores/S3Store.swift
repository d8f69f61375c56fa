import DeltaLog
import Foundation
import HTTP
import RunFiles

/// A table under a prefix of an S3 bucket. Small files go over signed requests of our own, because Arrow has no
/// conditional PUT; data files go through Arrow.
struct S3Store: TableStore {
  let root: String
  private let bucket: String
  private let prefix: String
  private let objects: S3Objects

  init(url: String, configuration: S3Configuration) throws {
    let path = url.dropFirst("s3://".count).split(separator: "/", maxSplits: 1)
    guard path.count == 2 else {
      throw ConsolidateError.storeSettings("`\(url)` names nothing in a bucket: it has to be s3://bucket/prefix")
    }
    root = url
    bucket = String(path[0])
    prefix = String(path[1])
    objects = try S3Objects(bucket: bucket, configuration: configuration)
    try configuration.configureArrow()
  }

  func read(_ path: String) throws -> Data? { try objects.get(key(path)) }

  func info(_ path: String) throws -> StoredFile? {
    try objects.head(key(path)).map { StoredFile(path: path, bytes: $0.bytes, modified: $0.modified) }
  }

  func write(_ path: String, _ contents: Data) throws { try objects.put(key(path), contents) }

  func create(_ path: String, _ contents: Data) throws -> CreateAnswer {
    try objects.putIfAbsent(key(path), contents)
  }

  func remove(_ path: String) throws { try objects.delete(key(path)) }

  func files(below directory: String) throws -> [StoredFile] {
    let start = directory.isEmpty ? prefix + "/" : "\(prefix)/\(directory)/"
    return try objects.list(start).map {
      StoredFile(path: String($0.key.dropFirst(prefix.count + 1)), bytes: $0.bytes, modified: $0.modified)
    }
  }

  func staging(for directory: String) throws -> any StagingArea { S3Staging(store: self, directory: directory) }

  /// A killed merge leaves uploads that never completed; a lifecycle rule of the bucket takes them away.
  func removeAbandoned(in directory: String) {}

  private func key(_ path: String) -> String { "\(prefix)/\(path)" }
}

/// Objects appear whole when they are finished, under their final names. Nothing refers to them before the commit.
private struct S3Staging: StagingArea {
  let store: S3Store
  let directory: String

  func location(of name: String) -> String { store.location("\(directory)/\(name)") }
  func publish(_ name: String) throws {}
  func discard() {}
}

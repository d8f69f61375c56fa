import Foundation
import RunFiles

/// What those who wait for a batch are told. The first five members are what consumers of batch jobs commonly read.
struct BatchMessage: Equatable {
  /// The same for every delivery of the same news.
  let id: String
  let batch: String
  let version: Int
  let json: JSONValue

  init(_ manifest: BatchManifest, runId: String, directory: String, root: String) {
    id = "\(runId):\(manifest.tableVersion)"
    batch = manifest.batch
    version = manifest.tableVersion
    let (bucket, prefix) = Self.place(root, directory)
    json = .object([
      "event": .string("batch_inference_complete"), "bucket": .string(bucket), "prefix": .string(prefix),
      "record_count": .whole(manifest.recordCount), "timestamp": .string(manifest.timestamp), "id": .string(id),
      "batch": .string(manifest.batch), "table": .string(root), "table_version": .whole(manifest.tableVersion),
      "manifest": .string("\(root)/\(directory)/\(BatchManifest.fileName)"),
      "content_digest": .string(manifest.contentDigest),
    ])
  }

  /// Bucket and prefix; of a local table its directory, and the path in it.
  private static func place(_ root: String, _ directory: String) -> (String, String) {
    guard root.hasPrefix("s3://") else { return (root, directory) }
    let path = root.dropFirst("s3://".count).split(separator: "/", maxSplits: 1)
    return (String(path.first ?? ""), "\(path.last ?? "")/\(directory)")
  }
}

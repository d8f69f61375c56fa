import Foundation
import RunFiles
import Storage

/// Compares what a shard has written with its receipt, and the receipt with the plan.
struct ShardVerification {
  let directory: RunDirectory
  let plan: Plan

  /// The receipt, once everything it says was found to hold.
  func check(_ index: Int) throws(WorkerError) -> Receipt {
    guard let shard = plan.shards.first(where: { $0.index == index }) else {
      throw .unknownShard(index, count: plan.shards.count, path: directory.plan)
    }
    let path = directory.receipt(index)
    let receipt = try reportingFiles { () throws(RunFileError) in
      try Receipt(readingFrom: path)
    }
    if receipt.planDigest != plan.digest { throw fault(path, "it belongs to another plan") }
    if receipt.rowsIn != shard.rows {
      throw fault(path, "it says \(receipt.rowsIn) rows, the plan \(shard.rows)")
    }
    for part in receipt.parts { try check(part, receipt) }
    if let letters = receipt.deadLetters.path {
      try checkHash(directory.absolute(letters), receipt.deadLetters.sha256 ?? "")
    }
    return receipt
  }

  private func check(_ part: Part, _ receipt: Receipt) throws(WorkerError) {
    let path = directory.absolute(part.path)
    try checkHash(path, part.sha256)
    let reader = try reportingStorage { () throws(StorageError) in try ParquetReader(path: path) }
    if reader.rows != part.rows {
      throw fault(path, "it has \(reader.rows) rows, its receipt says \(part.rows)")
    }
    let found = reader.fields.map { [$0.name, $0.type.name] }
    if found != receipt.schema.map({ [$0.name, $0.type] }) {
      throw fault(path, "its columns are not those of its receipt")
    }
  }

  private func checkHash(_ path: String, _ expected: String) throws(WorkerError) {
    let found = try reportingFiles { () throws(RunFileError) in
      try FileDigest.sha256(ofFile: path)
    }
    if found != expected { throw fault(path, "its SHA-256 is \(found), its receipt says \(expected)") }
  }

  private func fault(_ path: String, _ reason: String) -> WorkerError {
    .file(.malformed(path: path, reason: reason))
  }
}

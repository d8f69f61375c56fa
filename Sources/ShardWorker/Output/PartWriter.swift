import Foundation
import Glibc
import RunFiles
import Storage

/// Writes the parts of a shard, one after another. A part appears under its name when it is whole.
final class PartWriter {
  private static let rowGroupRows = 1 << 20

  private let directory: RunDirectory
  private let shard: Int
  private let attempt: String
  private var open: (writer: ParquetWriter, sequence: Int)?

  init(_ directory: RunDirectory, shard: Int, attempt: String) {
    self.directory = directory
    self.shard = shard
    self.attempt = attempt
  }

  deinit {
    discard()
  }

  /// Appends rows to the part with the given number, which is begun if need be.
  func write(_ rows: RecordBatch, sequence: Int) throws(WorkerError) {
    guard rows.rows > 0 else { return }
    let writer = try writer(sequence, fields: rows.fields)
    try reportingStorage { () throws(StorageError) in try writer.write(rows) }
  }

  private func writer(_ sequence: Int, fields: [Field]) throws(WorkerError) -> ParquetWriter {
    if let open { return open.writer }
    let path = DurableFile.temporaryPath(for: directory.absolute(name(sequence)))
    let writer = try reportingStorage { () throws(StorageError) in
      let options = ParquetWriter.Options(rowGroupRows: Self.rowGroupRows)
      return try ParquetWriter(path: path, fields: fields, options: options)
    }
    open = (writer, sequence)
    return writer
  }

  /// Finishes the part that is being written. Returns nil when it has no rows: there is no file then.
  func finish() throws(WorkerError) -> Part? {
    guard let (writer, sequence) = open else { return nil }
    let path = directory.absolute(name(sequence))
    try reportingStorage { () throws(StorageError) in try writer.finish() }
    open = nil
    return try reportingFiles { () throws(RunFileError) in
      try DurableFile.publish(writer.path, as: path)
      return Part(
        path: name(sequence), rows: writer.rows, bytes: try FileDigest.bytes(ofFile: path),
        sha256: try FileDigest.sha256(ofFile: path))
    }
  }

  /// Removes a part that is not finished.
  func discard() {
    guard let (writer, _) = open else { return }
    unlink(writer.path)
    open = nil
  }

  private func name(_ sequence: Int) -> String {
    directory.relativePart(shard, sequence: sequence, attempt: attempt)
  }
}

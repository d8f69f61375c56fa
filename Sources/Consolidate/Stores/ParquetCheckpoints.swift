import DeltaLog
import Foundation
import Storage

/// Checkpoints by Arrow.
struct ParquetCheckpoints: CheckpointCodec {
  func lines(of file: Data, name: String) throws(DeltaError) -> Data {
    do throws(StorageError) {
      return try CheckpointFile.lines(of: file, columns: DeltaTable.checkpointColumns, name: name)
    } catch {
      throw .corrupt(file: name, reason: error.message)
    }
  }

  func file(rows: String, name: String) throws(DeltaError) -> Data {
    do throws(StorageError) {
      return try CheckpointFile.file(rows: rows, name: name)
    } catch {
      throw .unwritable("the checkpoint cannot be written: \(error.message)")
    }
  }
}

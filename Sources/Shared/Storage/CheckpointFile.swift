import CArrow
import Foundation

/// Delta checkpoints: Parquet files whose rows are the actions of a log.
public enum CheckpointFile {
  /// The rows of a checkpoint as JSON objects, one a line, of the columns that are named.
  public static func lines(of file: Data, columns: [String], name: String) throws(StorageError) -> Data {
    let bytes = [UInt8](file)
    return try text(name) { (text, error) in
      withCStrings(columns) { names in
        carrow_json_from_parquet(
          bytes, Int64(bytes.count), names.baseAddress, Int32(names.count), &text, error)
      }
    }
  }

  /// A checkpoint file from a JSON list of rows, in which maps are lists of pairs.
  public static func file(rows: String, name: String) throws(StorageError) -> Data {
    try text(name) { (text, error) in
      carrow_checkpoint_from_json(rows, Int64(rows.utf8.count), &text, error)
    }
  }

  private static func text(
    _ name: String, _ make: (inout OpaquePointer?, UnsafeMutablePointer<carrow_error>) -> Int32
  ) throws(StorageError) -> Data {
    var made: OpaquePointer?
    try checked(path: name) { make(&made, $0) }
    guard let made else { throw StorageError(.fatal, path: name, "no text") }
    defer { carrow_text_free(made) }
    return Data(bytes: carrow_text_bytes(made), count: Int(carrow_text_count(made)))
  }
}

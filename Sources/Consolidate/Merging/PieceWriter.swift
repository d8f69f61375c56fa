import RunFiles
import Storage

/// Encodes a piece of a file of the table in memory, and watches what goes by.
final class PieceWriter {
  private let writer: ParquetWriter
  private var columnsWithNaN: Set<String> = []

  init(fields: [Field]) throws {
    // Whole numbers of a prediction are classes: few distinct values, small as a dictionary.
    let classes = fields.filter { $0.type == .int32 }.map(\.name)
    writer = try ParquetWriter(inMemory: fields, options: .init(dictionaryColumns: classes))
  }

  func write(_ batch: RecordBatch) throws {
    for column in batch.columns where !columnsWithNaN.contains(column.name) && column.hasNaN {
      columnsWithNaN.insert(column.name)
    }
    try writer.write(batch)
  }

  func finish() throws -> EncodedPiece {
    EncodedPiece(file: try writer.finishInMemory(), columnsWithNaN: columnsWithNaN)
  }
}

/// A piece on its way from the thread that made it to the one that joins it.
struct EncodedPiece: @unchecked Sendable {
  // Sendable: handed over whole; the thread that made it does not look back.
  let file: ByteInput
  let columnsWithNaN: Set<String>
}

/// A file of the table that is joined of pieces.
final class JoinedFile {
  private let path: String
  private let joiner: ParquetJoiner
  private let digest = DigestBox()
  private var columnsWithNaN: Set<String> = []
  /// Of the pieces so far.
  private(set) var bytes = 0

  /// - Parameter path: what Arrow writes to.
  init(path: String) throws {
    let digest = digest
    self.path = path
    joiner = try ParquetJoiner(path: path) {
      digest.update($0)
      Failpoint.writing.reach()
    }
  }

  func append(_ piece: EncodedPiece) throws {
    try joiner.append(piece.file)
    columnsWithNaN.formUnion(piece.columnsWithNaN)
    bytes += piece.file.bytes
  }

  func finish() throws -> FinishedFile {
    try joiner.finish()
    return try FinishedFile(path: path, sha256: digest.sha256, columnsWithNaN: columnsWithNaN)
  }
}

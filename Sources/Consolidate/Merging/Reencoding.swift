import Storage

/// Writes rows of row groups into a new file, in pieces that are decoded and encoded on several threads and joined in
/// their order. A piece becomes a row group, so the bytes depend on the sources and on what is left out, not on threads.
struct Reencoding: Sendable {
  /// Rows a piece, unless a row group of the sources has more.
  static let pieceRows = 1 << 20
  /// Rows that are read for a piece where few are kept.
  static let pieceReads = 1 << 22

  let fields: [Field]
  /// Positions of rows that do not go into the file.
  var leftOut: RowSet?
  var threads = Parallel.threads

  /// - Returns: nil when no row is left; there is no file then.
  func write(_ sources: [RowGroupSource], to path: String) throws -> FinishedFile? {
    let pieces = sources.pieces(rows: Self.pieceRows, reads: Self.pieceReads, leftOut: leftOut)
    guard !pieces.isEmpty else { return nil }
    let file = try JoinedFile(path: path)
    try Parallel.inOrder(pieces, threads: threads) {
      try encode($0)
    } consume: {
      try file.append($0)
    }
    return try file.finish()
  }

  private func encode(_ piece: [RowGroupSource]) throws -> EncodedPiece {
    let writer = try PieceWriter(fields: fields)
    try piece.read(columns: fields.map(\.name), leftOut: leftOut) { batch, kept in
      try writer.write(try kept.map { try batch.taking(rows: $0) } ?? batch)
    }
    return try writer.finish()
  }
}

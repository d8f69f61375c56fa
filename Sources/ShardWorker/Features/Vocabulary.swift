import Storage

/// The positions of a vocabulary's entries: 1 for the first, 0 for what is not in it.
struct Vocabulary: Sendable {
  static let unknown: Int64 = 0

  private let texts: [String: Int64]
  private let integers: [Int: Int64]

  init(_ entries: [VocabularyEntry]) {
    var texts: [String: Int64] = [:]
    var integers: [Int: Int64] = [:]
    for (position, entry) in entries.enumerated() {
      switch entry {
      case .text(let text): texts[text] = Int64(position + 1)
      case .integer(let integer): integers[integer] = Int64(position + 1)
      }
    }
    self.texts = texts
    self.integers = integers
  }

  /// Whether the entries are texts; else they are whole numbers.
  var holdsTexts: Bool { integers.isEmpty }

  /// The positions of a column's values, one a row; unknown for nulls.
  ///
  /// A dictionary column is looked up once a distinct value.
  func positions(of column: Column) -> [Int64] {
    if let dictionary = column.dictionary {
      let distinct = (0..<dictionary.rows).map { position(of: dictionary, $0) }
      if let positions = column.mapDictionary(distinct, null: Self.unknown) { return positions }
    }
    return (0..<column.rows).map { position(of: column, $0) }
  }

  private func position(of column: Column, _ row: Int) -> Int64 {
    if holdsTexts {
      column.text(row).flatMap { texts[$0] } ?? Self.unknown
    } else {
      column.integer(row).flatMap { integers[$0] } ?? Self.unknown
    }
  }
}

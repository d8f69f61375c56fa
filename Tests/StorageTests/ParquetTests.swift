import Foundation
import Testing

@testable import Storage

@Suite("Parquet files")
struct ParquetTests {
  private let directory = TemporaryDirectory()

  private func table(rows: Int) throws -> RecordBatch {
    try RecordBatch([
      Column("id", texts: (0..<rows).map { "row-\($0)" }),
      Column("x", (0..<rows).map { Float($0) / 4 }),
      Column("n", optional: (0..<rows).map { $0 % 3 == 0 ? nil : Int32($0) }),
      Column("kind", texts: (0..<rows).map { $0 % 5 == 0 ? nil : "kind \($0 % 4)" }),
    ])
  }

  private func write(
    _ batches: [RecordBatch], _ name: String, rowGroupRows: Int = 1000
  ) throws -> String {
    let path = directory.path(name)
    let options = ParquetWriter.Options(rowGroupRows: rowGroupRows, dictionaryColumns: ["kind"])
    let writer = try ParquetWriter(path: path, fields: batches[0].fields, options: options)
    for batch in batches { try writer.write(batch) }
    try writer.finish()
    return path
  }

  private func batches(_ scan: ParquetScan) throws -> [RecordBatch] {
    var all: [RecordBatch] = []
    while let batch = try scan.next() { all.append(batch) }
    return all
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  @Test("what was written is read back: values, nulls, types and names")
  func roundTrip() throws {
    let table = try table(rows: 100)
    let reader = try ParquetReader(path: try write([table], "a.parquet"))
    #expect(reader.rows == 100)
    #expect(reader.fields == table.fields)
    let read = try batches(
      reader.scan(rowGroup: 0, columns: ["kind", "n", "id", "x"], batchRows: 1000))
    #expect(read.count == 1)
    #expect(read[0].columns.map(\.name) == ["id", "x", "n", "kind"])
    for row in 0..<100 {
      #expect(read[0]["id"]?.text(row) == "row-\(row)")
      #expect(read[0]["n"]?.integer(row) == (row % 3 == 0 ? nil : row))
      #expect(read[0]["kind"]?.text(row) == (row % 5 == 0 ? nil : "kind \(row % 4)"))
    }
    read[0]["x"]?.withValues(as: Float.self) { #expect($0?[99] == 24.75) }
    #expect(read[0]["n"]?.nullCount == 34)
    #expect(read[0]["x"]?.nullCount == 0)
  }

  @Test("batches have exactly the rows asked for, the last one the rest", arguments: [1, 7, 64, 250])
  func batchRows(_ rows: Int) throws {
    let path = try write([try table(rows: 600)], "a.parquet", rowGroupRows: 250)
    let reader = try ParquetReader(path: path)
    #expect(reader.rowGroups.map(\.rows) == [250, 250, 100])
    var next = 0
    for group in 0..<3 {
      let read = try batches(
        reader.scan(
          rowGroup: group, columns: ["id", "kind"], dictionaries: ["kind"], batchRows: rows))
      #expect(read.dropLast().allSatisfy { $0.rows == rows })
      #expect(read.reduce(0) { $0 + $1.rows } == reader.rowGroups[group].rows)
      for batch in read {
        #expect(batch["id"]?.text(0) == "row-\(next)")
        next += batch.rows
      }
    }
  }

  @Test("a column read as a dictionary has each value once and an index a row")
  func dictionaries() throws {
    let reader = try ParquetReader(path: try write([try table(rows: 100)], "a.parquet"))
    let read = try batches(
      reader.scan(rowGroup: 0, columns: ["kind"], dictionaries: ["kind"], batchRows: 1000))
    let kind = try #require(read[0]["kind"])
    #expect(kind.type == .dictionary(index: .int32, values: .string))
    #expect(kind.dictionary?.rows == 4)
    for row in 0..<100 {
      #expect(kind.text(row) == (row % 5 == 0 ? nil : "kind \(row % 4)"))
      #expect(kind.isNull(row) == (kind.dictionaryIndex(row) == nil))
    }
  }

  @Test("where a row group ends depends on rows alone, not on how they arrive")
  func rowGroupBoundaries() throws {
    let table = try table(rows: 500)
    let pieces = [0..<3, 3..<250, 250..<251, 251..<500].map { table[$0] }
    let reader = try ParquetReader(path: try write(pieces, "a.parquet", rowGroupRows: 200))
    #expect(reader.rowGroups.map(\.rows) == [200, 200, 100])
    let read = try batches(reader.scan(rowGroup: 1, columns: ["id"], batchRows: 200))
    #expect(read[0]["id"]?.text(0) == "row-200")
    #expect(read[0]["id"]?.text(199) == "row-399")
  }

  @Test("the same batches give the same bytes")
  func deterministic() throws {
    let pieces = [try table(rows: 500)[0..<123], try table(rows: 500)[123..<500]]
    let first = try bytes(try write(pieces, "a.parquet"))
    #expect(try bytes(try write(pieces, "b.parquet")) == first)
  }

  @Test("the footer is the Thrift bytes before the last eight, and changes with the content")
  func footer() throws {
    let path = try write([try table(rows: 10)], "a.parquet")
    let footer = try ParquetReader(path: path).footer()
    let whole = try bytes(path)
    #expect(whole.dropLast(8).suffix(footer.count) == footer)
    let length = whole.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length == footer.count)
    #expect(try ParquetReader(path: try write([try table(rows: 11)], "b.parquet")).footer() != footer)
  }

  @Test("statistics cover all row groups")
  func statistics() throws {
    let path = try write([try table(rows: 600)], "a.parquet", rowGroupRows: 250)
    let reader = try ParquetReader(path: path)
    let number = try reader.statistics(of: "n")
    #expect(number.nullCount == 200)
    #expect(number.minimum == .integer(1))
    #expect(number.maximum == .integer(599))
    let real = try reader.statistics(of: "x")
    #expect(real == ColumnStatistics(nullCount: 0, minimum: .real(0), maximum: .real(149.75)))
    let text = try reader.statistics(of: "kind")
    #expect(text.minimum == .text("kind 0"))
    #expect(text.maximum == .text("kind 3"))
    #expect(text.nullCount == 120)
  }

  @Test("a column of nulls alone has a null count and no bounds")
  func nullColumn() throws {
    let table = try RecordBatch([Column("n", optional: [Int32?](repeating: nil, count: 9))])
    let reader = try ParquetReader(path: try write([table], "a.parquet"))
    let statistics = try reader.statistics(of: "n")
    #expect(statistics == ColumnStatistics(nullCount: 9, minimum: nil, maximum: nil))
  }

  @Test("a file of no rows can be written and read")
  func empty() throws {
    let table = try table(rows: 5)
    let reader = try ParquetReader(path: try write([table[0..<0]], "a.parquet"))
    #expect(reader.rows == 0)
    #expect(reader.fields == table.fields)
  }

  @Test("a metadata file lists the row groups of all files")
  func metadataFile() throws {
    let first = try write([try table(rows: 300)], "a.parquet", rowGroupRows: 200)
    let second = try write([try table(rows: 50)], "b.parquet", rowGroupRows: 200)
    let target = directory.path("_metadata")
    try ParquetWriter.writeMetadata(
      of: [(first, "d=1/a.parquet"), (second, "d=1/b.parquet")], to: target)
    let reader = try ParquetReader(path: target)
    #expect(reader.rowGroups.map(\.rows) == [200, 100, 50])
    #expect(try bytes(target).range(of: Data("d=1/b.parquet".utf8)) != nil)
  }

  // MARK: Broken files

  @Test("a file cut short anywhere is an error that names it, never rows")
  func truncated() throws {
    let path = try write([try table(rows: 400)], "a.parquet")
    let whole = try bytes(path)
    for length in stride(from: 0, to: whole.count, by: whole.count / 40) {
      let cut = directory.path("cut.parquet")
      try whole.prefix(length).write(to: URL(fileURLWithPath: cut))
      let error = #expect(throws: StorageError.self) { try ParquetReader(path: cut) }
      #expect(error?.category == .data)
      #expect(error?.message.hasPrefix(cut) == true)
    }
  }

  @Test("a bit that flips inside a page is found by its checksum: row group and column are named")
  func flippedBits() throws {
    let table = try table(rows: 3000)
    let path = try write([table], "a.parquet", rowGroupRows: 1000)
    let whole = try bytes(path)
    let footer = try ParquetReader(path: path).footer().count + 8
    var found = 0
    for position in stride(from: 40, to: whole.count - footer - 2500, by: 97) {
      var broken = whole
      broken[position] ^= 0x10
      try broken.write(to: URL(fileURLWithPath: directory.path("b.parquet")))
      guard let error = try errorReading(directory.path("b.parquet"), equal: table) else { continue }
      found += 1
      #expect(error.category == .data, "\(error.message)")
      #expect(error.message.contains("row group "), "\(error.message)")
      #expect(error.message.contains("column `"), "\(error.message)")
    }
    #expect(found > 100)
  }

  /// Reads all of a file. Returns the error, or nil when everything is equal to the table.
  private func errorReading(_ path: String, equal table: RecordBatch) throws -> StorageError? {
    let names = table.columns.map(\.name)
    do throws(StorageError) {
      let reader = try ParquetReader(path: path)
      var row = 0
      for group in reader.rowGroups.indices {
        let scan = try reader.scan(rowGroup: group, columns: names, batchRows: 1000)
        while let batch = try scan.next() {
          let expected = table[row..<row + batch.rows]
          #expect(names.allSatisfy { values(batch[$0]) == values(expected[$0]) }, "wrong values")
          row += batch.rows
        }
      }
      return nil
    } catch {
      return error
    }
  }

  private func values(_ column: Column?) -> [String?] {
    guard let column else { return [] }
    if column.type == .float32 {
      return column.withValues(as: Float.self) { $0?.map { "\($0)" } ?? [] }
    }
    return (0..<column.rows).map { column.text($0) ?? column.integer($0).map { "\($0)" } }
  }

  @Test("a file that is not there is missing, not broken")
  func missing() {
    let error = #expect(throws: StorageError.self) {
      try ParquetReader(path: directory.path("none.parquet"))
    }
    #expect(error?.category == .missing)
  }

  @Test("a column that is not there is named, with those that are")
  func missingColumn() throws {
    let reader = try ParquetReader(path: try write([try table(rows: 1)], "a.parquet"))
    let error = #expect(throws: StorageError.self) {
      try reader.scan(rowGroup: 0, columns: ["id", "y"], batchRows: 1)
    }
    #expect(error?.message.contains("no column `y`; it has `id`, `x`, `n`, `kind`") == true)
  }

  @Test("a batch with other columns is refused")
  func otherColumns() throws {
    let path = directory.path("a.parquet")
    let writer = try ParquetWriter(path: path, fields: try table(rows: 1).fields)
    let other = try RecordBatch([Column("id", [Int32(1)])])
    #expect(throws: StorageError.self) { try writer.write(other) }
  }

  @Test("a directory that is not there is an error of the system")
  func unwritable() throws {
    let error = #expect(throws: StorageError.self) {
      try ParquetWriter(path: directory.path("none/a.parquet"), fields: try table(rows: 1).fields)
    }
    #expect(error?.category == .missing)
  }
}

import Testing

@testable import Storage

@Suite("Columns")
struct ColumnTests {
  @Test("a slice of a slice sees its own rows, values and nulls")
  func slices() {
    let column = Column("n", optional: (0..<40).map { $0 % 2 == 0 ? Int64($0) : nil })
    let slice = column[10..<30][5..<15]
    #expect(slice.rows == 10)
    #expect((0..<10).map { slice.integer($0) } == (15..<25).map { $0 % 2 == 0 ? $0 : nil })
    #expect(slice.nullRows == [0, 2, 4, 6, 8])
    #expect(slice.nullCount == 5)
  }

  @Test("texts of any length and script keep their bytes")
  func texts() {
    let texts = ["", nil, "a", "Zürich", "飛行機", String(repeating: "x", count: 1000)]
    let column = Column("t", texts: texts)
    #expect((0..<6).map { column.text($0) } == texts)
    #expect((0..<3).map { column[3..<6].text($0) } == Array(texts[3...]))
  }

  @Test("all numeric types are read as numbers")
  func numbers() {
    func read(_ column: Column) -> [Double] {
      [Double](unsafeUninitializedCapacity: column.rows) { buffer, count in
        #expect(column.copyNumbers(to: buffer))
        count = column.rows
      }
    }
    #expect(read(Column("a", [Int32](arrayLiteral: -1, 2))) == [-1, 2])
    #expect(read(Column("a", [Int64](arrayLiteral: 1 << 40))) == [1_099_511_627_776])
    #expect(read(Column("a", [Float](arrayLiteral: 0.5, .infinity))) == [0.5, .infinity])
    #expect(read(Column("a", [0.1, -2.5])[1..<2]) == [-2.5])
  }

  @Test("texts are not numbers")
  func textsAsNumbers() {
    let column = Column("t", texts: ["1"])
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 1) { buffer in
      #expect(!column.copyNumbers(to: buffer))
    }
  }

  @Test("taking rows keeps order, repeats, nulls and type")
  func taking() throws {
    let numbers = Column("n", optional: [1, nil, 3, 4].map { $0.map { Float($0) } })
    let taken = try #require(numbers[1..<4].taking([2, 0, 2]))
    #expect(taken.type == .float32)
    #expect(taken.nullRows == [1])
    taken.withValues(as: Float.self) { #expect($0.map { [$0[0], $0[2]] } == [4, 4]) }
    let texts = try #require(Column("t", texts: ["a", nil, "c"]).taking([2, 1]))
    #expect(texts.text(0) == "c")
    #expect(texts.isNull(1))
    #expect(texts.rows == 2)
  }

  @Test("columns of different lengths make no batch")
  func unequalLengths() {
    #expect(throws: StorageError.self) {
      try RecordBatch([Column("a", [Int32(1)]), Column("b", [Int32(1), 2])])
    }
    #expect(throws: StorageError.self) { try RecordBatch([]) }
  }

  @Test("types have Arrow's names and come back from them")
  func typeNames() {
    for name in ["boolean", "int8", "uint64", "float16", "float32", "string", "date32", "binary"] {
      #expect(ColumnType(name: name)?.name == name)
    }
    #expect(ColumnType(name: "text") == nil)
    #expect(ColumnType(format: "tsu:UTC").name == "timestamp[us, tz=UTC]")
    #expect(ColumnType(format: "tsu:UTC").format == "tsu:UTC")
    #expect(ColumnType(format: "tsn:") == .timestamp(unit: "n", timezone: ""))
  }
}

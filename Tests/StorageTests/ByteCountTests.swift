import Testing

@testable import Storage

@Suite("Sizes of columns")
struct ByteCountTests {
  @Test("a column counts its values' bytes, a slice only its own")
  func bytes() throws {
    let numbers = Column("n", [Float](repeating: 1, count: 10))
    let texts = Column("t", texts: ["ab", nil, "cdef"])
    #expect(numbers.byteCount == 40)
    #expect(numbers[2..<5].byteCount == 12)
    #expect(texts.byteCount == 6 + 4 * 4)
    #expect(texts[0..<1].byteCount == 2 + 2 * 4)
    #expect(try RecordBatch([numbers[0..<3], texts]).byteCount == 12 + 22)
  }
}

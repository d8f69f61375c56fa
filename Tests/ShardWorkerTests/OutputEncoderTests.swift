import Foundation
import Storage
import Testing

@testable import ShardWorker

@Suite("Encoding outputs")
struct OutputEncoderTests {
  private typealias Output = ModelDescription.Output

  private func encode(_ output: Output, _ columns: Int, _ values: [Float]) throws -> [Double] {
    let tensor = OutputTensor(
      rows: values.count / columns, columns: columns, values: .floats(values))
    let encoder = OutputEncoder([output])
    #expect(encoder.fault(in: [tensor]) == nil)
    let columns = OutputColumns([output], rows: tensor.rows)
    try columns.append([tensor])
    let column = try columns.columns()[0]
    #expect(column.field == encoder.fields[0])
    return [Double](unsafeUninitializedCapacity: column.rows) { buffer, count in
      #expect(column.copyNumbers(to: buffer))
      count = column.rows
    }
  }

  @Test("sigmoid is right to the last bit of Float32, and does not overflow")
  func sigmoid() throws {
    let output = Output(column: "s", type: .float32, from: 0, transform: .sigmoid)
    let logits: [Float] = [0, 2, -2, 200, -200, 0.001]
    let expected = logits.map { Double(Float(1 / (1 + exp(-Double($0))))) }
    #expect(try encode(output, 1, logits) == expected)
    #expect(expected[3] == 1)
  }

  @Test("a threshold is met by scores that are equal to it")
  func threshold() throws {
    let output = Output(
      column: "c", type: .int32, from: 0, transform: .threshold, threshold: 0.5)
    #expect(try encode(output, 1, [-1, 0, 1]) == [0, 1, 1])
  }

  @Test("softmax gives the probability of one class; the classes add up to 1")
  func softmax() throws {
    func probability(_ index: Int) throws -> [Double] {
      try encode(
        Output(column: "p", type: .float64, from: 0, transform: .softmax, index: index), 3,
        [1, 2, 3, 1000, 1000, 1000])
    }
    let all = try (0..<3).map(probability)
    #expect(abs(all[2][0] - 0.6652409557748219) < 1e-15)
    for row in 0..<2 { #expect(abs(all.reduce(0) { $0 + $1[row] } - 1) < 1e-15) }
  }

  @Test("argmax gives the first of the greatest values")
  func argmax() throws {
    let output = Output(column: "c", type: .int64, from: 0, transform: .argmax)
    #expect(try encode(output, 3, [1, 3, 3, -1, -2, -3]) == [1, 0])
  }

  @Test("a vector is the whole row as a list")
  func vector() throws {
    let output = Output(column: "v", type: .float32, from: 0, transform: .vector)
    let tensor = OutputTensor(rows: 2, columns: 3, values: .floats([1, 2, 3, 4, 5, 6]))
    let columns = OutputColumns([output], rows: 2)
    try columns.append([tensor])
    let column = try columns.columns()[0]
    #expect(column.type == .list(.float32))
    #expect(column.field == OutputEncoder([output]).fields[0])
    #expect(column.elementRange(1) == 3..<6)
    #expect(column.elements?.withValues(as: Float.self) { $0.map(Array.init) } == [1, 2, 3, 4, 5, 6])
  }

  @Test("top_k gives the greatest values' positions, or their probabilities, greatest first")
  func topK() throws {
    let values: [Float] = [1, 3, 2, 3]
    let tensor = OutputTensor(rows: 1, columns: 4, values: .floats(values))
    func lists(_ type: Output.ValueType) throws -> Column {
      let columns = OutputColumns([Output(column: "t", type: type, from: 0, transform: .topK, k: 3)], rows: 1)
      try columns.append([tensor])
      return try #require(try columns.columns()[0].elements)
    }
    #expect(try lists(.int32).withValues(as: Int32.self) { $0.map(Array.init) } == [1, 3, 2])
    let probabilities = try lists(.float64).withValues(as: Double.self) { $0.map(Array.init) } ?? []
    let all = values.map { exp(Double($0)) }
    #expect(zip(probabilities, [1, 3, 2]).allSatisfy { abs($0 - all[$1] / all.reduce(0, +)) < 1e-12 })
  }

  @Test("one value of several is taken by its index")
  func index() throws {
    let output = Output(column: "v", type: .float32, from: 0, transform: .identity, index: 1)
    #expect(try encode(output, 2, [1, 2, 3, 4]) == [2, 4])
  }

  @Test("outputs that the model does not give are faults of the model")
  func shapes() {
    let one = OutputTensor(rows: 1, columns: 1, values: .floats([0]))
    let two = OutputTensor(rows: 1, columns: 2, values: .floats([0, 0]))
    let scalar = Output(column: "s", type: .float32, from: 0, transform: .sigmoid)
    #expect(OutputEncoder([scalar]).fault(in: []) != nil)
    #expect(OutputEncoder([scalar]).fault(in: [two])?.contains("needs `index`") == true)
    var second = scalar
    second.index = 1
    #expect(OutputEncoder([second]).fault(in: [one]) != nil)
    #expect(OutputEncoder([second]).fault(in: [two]) == nil)
    second.from = 1
    #expect(OutputEncoder([second]).fault(in: [two]) != nil)
  }

  @Test("NaN is found where it counts: in the value taken, or anywhere for softmax")
  func nan() {
    let tensor = OutputTensor(rows: 2, columns: 2, values: .floats([0, .nan, 1, 1]))
    let first = Output(column: "a", type: .float32, from: 0, transform: .sigmoid, index: 0)
    let softmax = Output(column: "b", type: .float32, from: 0, transform: .softmax, index: 0)
    #expect(OutputEncoder([first]).faults(in: [tensor]).isEmpty)
    let faults = OutputEncoder([first, softmax]).faults(in: [tensor])
    #expect(faults.map(\.row) == [0])
    #expect(faults.map(\.column) == ["b"])
  }

  @Test("a class that is not a whole number is an error, not a rounded number")
  func fractions() {
    let output = Output(column: "c", type: .int32, from: 0, transform: .identity)
    #expect(throws: WorkerError.self) { try encode(output, 1, [0.5]) }
  }
}

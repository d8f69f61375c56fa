import Glibc

/// Lends texts to C as an array of C strings.
func withCStrings<Result, Failure: Error>(
  _ texts: [String], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) throws(Failure) -> Result
) throws(Failure) -> Result {
  let copies = texts.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  let array = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: copies.count)
  defer { array.deallocate() }
  for (index, copy) in copies.enumerated() {
    (array + index).initialize(to: UnsafePointer(copy))
  }
  return try body(UnsafeBufferPointer(start: array, count: copies.count))
}

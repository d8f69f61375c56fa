import Testing

@testable import HTTP

@Suite struct AWSURLTests {
  @Test("paths and queries are written as a signature's canonical request has them")
  func canonical() {
    let url = AWSURL.make(
      base: "http://h", path: "/b/date=2013-07-04/a b+é", query: ["prefix": "x/y=", "list-type": "2", "a": ""])
    #expect(url == "http://h/b/date%3D2013-07-04/a%20b%2B%C3%A9?a=&list-type=2&prefix=x%2Fy%3D")
  }

  @Test("a signed request carries the hash of its body, and a session's token")
  func headers() {
    var request = HTTPRequest(.get, "http://h/")
    request.signature = AWSSignature(
      credentials: AWSCredentials(accessKey: "a", secretKey: "b", sessionToken: "t"), region: "r", service: "s3")
    let headers = RequestHeaders.all(of: request)
    #expect(
      headers.contains {
        $0.name == "x-amz-content-sha256"
          && $0.value == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
      })
    #expect(headers.contains { $0.name == "x-amz-security-token" && $0.value == "t" })
  }
}

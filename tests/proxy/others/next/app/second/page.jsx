import { Suspense } from "react";
import { cookies } from "next/headers";
import Link from "next/link";

async function Slow() {
  await new Promise((done) => setTimeout(done, 200));
  return <p id="slow">slow part for {(await cookies()).get("name")?.value ?? "nobody"}</p>;
}

export default function Page() {
  return <main><h2>Second</h2><Suspense fallback={<p>waiting</p>}><Slow /></Suspense><Link href="/">Back</Link></main>;
}

import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import Link from "next/link";

async function sign(form) {
  "use server";
  (await cookies()).set("name", form.get("name"), { httpOnly: true, secure: true, sameSite: "lax" });
  redirect("/second");
}

export default async function Page() {
  const name = (await cookies()).get("name")?.value ?? "nobody";
  return (
    <main>
      <h1>Hello {name}</h1>
      <form action={sign}><input name="name" /><button>Sign in</button></form>
      <Link href="/second">On</Link>
    </main>
  );
}

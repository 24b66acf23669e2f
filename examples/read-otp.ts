/** Reads the one-time password that the sandbox "sent" to a customer. In your storefront the customer types it. */
export async function readOtp(sandbox: string, customerId: string): Promise<string> {
  for (;;) {
    const response = await fetch(`${sandbox}/__sandbox/client/otp?${new URLSearchParams({ customer_id: customerId })}`);
    const { otp } = (await response.json()) as { otp?: string };
    if (otp !== undefined) return otp;
    await new Promise((resolve) => setTimeout(resolve, 100)); // the password is sent after requestOtp was answered
  }
}

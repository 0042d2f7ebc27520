use super::{fp::*,fp2::*}; use std::hint::black_box as bb; use std::time::Instant;
fn t(name:&str,ops:f64,n:usize,mut f:impl FnMut()){ let mut best=f64::MAX; for _ in 0..15{ let s=Instant::now(); for _ in 0..n{f();} best=best.min(s.elapsed().as_secs_f64()/n as f64);} let ns=best*1e9; println!("{name}: {ns:.1} ns ({:.1}/lane); {ops} ops -> {:.2} ops/ns",ns/8.,ops/ns); }
#[target_feature(enable="avx512f,avx512ifma")] pub fn run(){
  let f=Fp::splat(&P); let f=Fp2{re:f,im:f}; let ff=f.factor();
  t("fp times",300.,10000,||unsafe{ bb(bb(&f.re).times(&f.im)); });
  t("fp times f",300.,10000,||unsafe{ bb(bb(&ff.re).times(&ff.im)); });
  t("f2 times",381.+45.+100.+304.,10000,||unsafe{ bb(bb(&f).times(&f)); });
  t("f2 sq",256.+100.+304.,10000,||unsafe{ bb(bb(&f).square()); });
}
